using System.Runtime.ExceptionServices;

namespace NClip.Foundation;

/// <summary>Loops on several threads whose errors come as they are.</summary>
internal static class InParallel
{
    /// <summary><see cref="Parallel.For{TLocal}(int, int, ParallelOptions, Func{TLocal}, Func{int, ParallelLoopState, TLocal, TLocal}, Action{TLocal})"/> with a buffer for each thread; the first error is thrown itself, not inside an AggregateException.</summary>
    public static void For<T>(int count, Func<T> local, Action<int, T> body, CancellationToken cancellation = default)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, local, (i, _, mine) =>
            {
                body(i, mine);
                return mine;
            }, _ => { });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    /// <summary>The same without a buffer.</summary>
    public static void For(int count, Action<int> body, CancellationToken cancellation = default) => For(count, () => 0, (i, _) => body(i), cancellation);
}
