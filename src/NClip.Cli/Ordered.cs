namespace NClip.Cli;

/// <summary>Work on several items at a time whose results come in the items' order.</summary>
internal static class Ordered
{
    /// <summary>Runs <paramref name="work"/> on up to <paramref name="threads"/> items at a time.</summary>
    public static IEnumerable<TResult> Select<T, TResult>(IEnumerable<T> items, int threads, Func<T, TResult> work, CancellationToken cancellation)
    {
        var running = new Queue<Task<TResult>>();
        try
        {
            foreach (var item in items)
            {
                cancellation.ThrowIfCancellationRequested();
                if (running.Count >= threads) yield return running.Dequeue().GetAwaiter().GetResult();
                running.Enqueue(Task.Run(() => work(item), cancellation));
            }
            while (running.Count > 0) yield return running.Dequeue().GetAwaiter().GetResult();
        }
        finally
        {
            Task.WhenAll(running).ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }
}
