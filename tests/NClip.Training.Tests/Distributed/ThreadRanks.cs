using NClip.Training.Distributed;

namespace NClip.Training.Tests.Distributed;

/// <summary>Processes played by threads of this one: the same calls, the same meetings, no MPI.</summary>
internal sealed class ThreadRanks(int size) : IDisposable
{
    private readonly Barrier _all = new(size);
    private readonly Array[] _slots = new Array[size];
    private readonly CancellationTokenSource _aborted = new();

    /// <summary>Does something in each.</summary>
    /// <returns>Each one's result, and each one's failure.</returns>
    public static (T?[] Results, Exception?[] Failures) Run<T>(int size, Func<Ranks, T> action) => Run(size, (ranks, _) => action(ranks));

    /// <summary>Does something in each, which may not fail.</summary>
    public static T[] Each<T>(int size, Func<Ranks, T> action) => Each(size, (ranks, _) => action(ranks));

    /// <summary>Does something in each, which may not fail, with what its place among the others is told.</summary>
    public static T[] Each<T>(int size, Func<Ranks, Member, T> action)
    {
        var (results, failures) = Run(size, action);
        if (failures.FirstOrDefault(f => f is not null and not AbortedException) is { } failure) throw new InvalidOperationException(failure.ToString(), failure);
        return results!;
    }

    private static (T?[] Results, Exception?[] Failures) Run<T>(int size, Func<Ranks, Member, T> action)
    {
        using var world = new ThreadRanks(size);
        var (results, failures) = (new T?[size], new Exception?[size]);
        Thread[] threads = [.. Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                using var scope = TorchSharp.torch.NewDisposeScope(); // the test's own is another thread's
                var member = new Member(world, rank);
                using var ranks = new Ranks(member, new Seat("host" + rank, ""));
                results[rank] = action(ranks, member);
            }
            catch (Exception e)
            {
                failures[rank] = e;
                if (e is not AgreedException) world._aborted.Cancel();
            }
        }))];
        foreach (var t in threads) t.Start();
        foreach (var t in threads) t.Join();
        return (results, failures);
    }

    public void Dispose()
    {
        _all.Dispose();
        _aborted.Dispose();
    }

    internal sealed class AbortedException : Exception;

    internal sealed class Member(ThreadRanks world, int rank) : ICommunicator
    {
        public int Rank => rank;

        public int Size => world._slots.Length;

        public void Sum(Span<float> values) => Meet(values, (all, to) => { for (var i = 0; i < to.Length; i++) to[i] = all.Sum(a => a[i]); });

        public void Sum(Span<double> values) => Meet(values, (all, to) => { for (var i = 0; i < to.Length; i++) to[i] = all.Sum(a => a[i]); });

        /// <summary>Called where sums begin.</summary>
        public Action? SumsBegin { get; set; }

        public unsafe Action BeginSums(IReadOnlyList<SharedValues> all) // made when they are waited for: until then each has its share alone
        {
            SumsBegin?.Invoke();
            return () =>
            {
                foreach (var v in all)
                    if (v.AreDouble) Sum(new Span<double>((void*)v.Address, (int)v.Count));
                    else Sum(new Span<float>((void*)v.Address, (int)v.Count));
            };
        }

        public void Gather(ReadOnlySpan<byte> own, Span<byte> all)
        {
            var copy = own.ToArray();
            var target = new byte[all.Length];
            Meet<byte>(copy, (each, _) => each.SelectMany(e => e).ToArray().CopyTo(target, 0));
            target.CopyTo(all);
        }

        public void Broadcast(Span<byte> bytes) => Meet(bytes, (all, to) => all[0].CopyTo(to, 0));

        public void Abort(int exitCode) => world._aborted.Cancel();

        public void Dispose() { /* the world is everybody's */ }

        private void Meet<T>(Span<T> values, Action<T[][], T[]> together)
        {
            var result = values.ToArray();
            world._slots[rank] = values.ToArray();
            Wait();
            together([.. world._slots.Cast<T[]>()], result);
            result.CopyTo(values);
            Wait();
        }

        private void Wait()
        {
            try { world._all.SignalAndWait(world._aborted.Token); }
            catch (OperationCanceledException) { throw new AbortedException(); }
        }
    }
}
