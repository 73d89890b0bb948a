using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NClip.Cli.Diagnosis;

/// <summary>The ceiling of this machine: float32 multiply-adds that depend on nothing but each other, from registers.</summary>
internal static class FmaPeak
{
    private const int Steps = 2_000_000;

    // As many chains as hide the latency (4 cycles) of two units.
    private const int Chains = 12;

    /// <summary>Best of several rounds and of the vector widths this machine has, in GFLOP/s (a multiply-add counts as two).</summary>
    /// <param name="threads">Threads that compute at the same time.</param>
    /// <param name="rounds">Rounds of some milliseconds each.</param>
    public static double Measure(int threads, int rounds = 7)
    {
        var best = Best(threads, rounds, Vector256<float>.Count, Run256);
        return Vector512.IsHardwareAccelerated ? Math.Max(best, Best(threads, rounds, Vector512<float>.Count, Run512)) : best;
    }

    private static double Best(int threads, int rounds, int width, Func<float> run)
    {
        var best = 0.0;
        for (var r = 0; r <= rounds; r++) // the first one warms up
        {
            using var start = new Barrier(threads);
            var (begun, ended) = (new long[threads], new long[threads]);
            var workers = Enumerable.Range(0, threads).Select(t => new Thread(() =>
            {
                start.SignalAndWait();
                begun[t] = Stopwatch.GetTimestamp();
                run();
                ended[t] = Stopwatch.GetTimestamp();
            })).ToArray();
            foreach (var w in workers) w.Start();
            foreach (var w in workers) w.Join();
            var seconds = Stopwatch.GetElapsedTime(begun.Min(), ended.Max()).TotalSeconds; // by the workers' own clocks: this thread may sleep meanwhile
            if (r > 0) best = Math.Max(best, 2.0 * Steps * Chains * width * threads / seconds / 1e9);
        }
        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Run256()
    {
        var (a, b) = (Vector256.Create(0.9999f), Vector256.Create(1e-6f));
        Vector256<float> x0 = a, x1 = a, x2 = a, x3 = a, x4 = a, x5 = a, x6 = a, x7 = a, x8 = a, x9 = a, x10 = a, x11 = a;
        for (var i = 0; i < Steps; i++)
        {
            x0 = Vector256.FusedMultiplyAdd(x0, a, b); x1 = Vector256.FusedMultiplyAdd(x1, a, b); x2 = Vector256.FusedMultiplyAdd(x2, a, b);
            x3 = Vector256.FusedMultiplyAdd(x3, a, b); x4 = Vector256.FusedMultiplyAdd(x4, a, b); x5 = Vector256.FusedMultiplyAdd(x5, a, b);
            x6 = Vector256.FusedMultiplyAdd(x6, a, b); x7 = Vector256.FusedMultiplyAdd(x7, a, b); x8 = Vector256.FusedMultiplyAdd(x8, a, b);
            x9 = Vector256.FusedMultiplyAdd(x9, a, b); x10 = Vector256.FusedMultiplyAdd(x10, a, b); x11 = Vector256.FusedMultiplyAdd(x11, a, b);
        }
        return Vector256.Sum(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Run512()
    {
        var (a, b) = (Vector512.Create(0.9999f), Vector512.Create(1e-6f));
        Vector512<float> x0 = a, x1 = a, x2 = a, x3 = a, x4 = a, x5 = a, x6 = a, x7 = a, x8 = a, x9 = a, x10 = a, x11 = a;
        for (var i = 0; i < Steps; i++)
        {
            x0 = Vector512.FusedMultiplyAdd(x0, a, b); x1 = Vector512.FusedMultiplyAdd(x1, a, b); x2 = Vector512.FusedMultiplyAdd(x2, a, b);
            x3 = Vector512.FusedMultiplyAdd(x3, a, b); x4 = Vector512.FusedMultiplyAdd(x4, a, b); x5 = Vector512.FusedMultiplyAdd(x5, a, b);
            x6 = Vector512.FusedMultiplyAdd(x6, a, b); x7 = Vector512.FusedMultiplyAdd(x7, a, b); x8 = Vector512.FusedMultiplyAdd(x8, a, b);
            x9 = Vector512.FusedMultiplyAdd(x9, a, b); x10 = Vector512.FusedMultiplyAdd(x10, a, b); x11 = Vector512.FusedMultiplyAdd(x11, a, b);
        }
        return Vector512.Sum(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11);
    }
}
