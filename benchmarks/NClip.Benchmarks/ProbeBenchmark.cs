using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using NClip.Evaluation;

namespace NClip.Benchmarks;

/// <summary><c>probe FOLDER [C]</c>: a linear probe on the rows that peers/sklearn_probe.py made (512 values each): seconds of a fit, and what it reached.</summary>
internal static class ProbeBenchmark
{
    private const int Dimension = 512, Repeats = 3;

    public static void Run(string[] args)
    {
        float[] values = [.. MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(args[0], "rows.f32")))];
        int[] labels = [.. MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(Path.Combine(args[0], "labels.i32")))];
        var train = new LabeledFeatures(new Matrix(labels.Length, Dimension, values), labels, [.. Enumerable.Range(0, labels.Max() + 1).Select(c => c.ToString(CultureInfo.InvariantCulture))]);
        var c = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 0.316;
        var (seconds, fit) = (new List<double>(), (ProbeFit?)null);
        for (var i = 0; i < Repeats; i++)
        {
            var start = Stopwatch.GetTimestamp();
            fit = LinearProbe.Fit(train, c);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        Report.Write(FormattableString.Invariant($"linear probe, {labels.Length} x {Dimension}, {train.Classes.Count} classes, C = {c}"), "s", seconds, ("iterations", fit!.Iterations), ("objective", fit.Objective));
    }
}
