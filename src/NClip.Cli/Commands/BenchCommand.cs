using System.CommandLine;
using System.Diagnostics;
using NClip.Cli.Diagnosis;
using NClip.Cli.Inputs;
using NClip.Cli.Output;

namespace NClip.Cli.Commands;

/// <summary><c>nclip bench</c>: how fast a model is on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create(Terminal terminal)
    {
        var batch = NumberList.Option("--batch", "1,8,32", "Batch sizes. Default: 1,8,32.", 1024);
        var threads = NumberList.Option("--threads", "1,2", "Thread counts. Default: 1 and all cores.", 1024);
        var precision = new Option<string?>("--precision") { Description = "fp32, int8, or both. Default: fp32,int8.", HelpName = "fp32,int8" };
        var seconds = Options.Number("--seconds", "S", "Time for each measurement. Default: 1.", 0, 3600);
        var (model, json) = (new ModelOptions(), Options.Json());
        var command = new ExampleCommand("bench", "Measure pictures and texts a second on this machine, against its arithmetic peak.",
            "nclip bench --seconds 0.2",
            "nclip bench --batch 1,16 --threads 2 --precision int8 --seconds 0.2 --json")
        { batch, threads, precision, seconds, json };
        model.WithArgument(command).AddModelTo(command);
        command.SetAction(async (call, stop) =>
        {
            var output = new BenchOutput(terminal, call.GetValue(json));
            var counts = call.GetValue(threads) is { Length: > 0 } n ? n : [.. new[] { 1, Environment.ProcessorCount }.Distinct()];
            var batches = call.GetValue(batch) is { Length: > 0 } b ? b : [1, 8, 32];
            var settings = from p in Precisions(call.GetValue(precision)) from t in counts select (Precision: p, Threads: t);
            var peaks = counts.Distinct().ToDictionary(t => t, t => FmaPeak.Measure(t));
            output.Begin(peaks);
            foreach (var s in settings)
            {
                var watch = Stopwatch.StartNew();
                using var clip = await model.LoadAsync(call, terminal, new ClipOptions(s.Precision, s.Threads, BatchSize: 1024), stop).ConfigureAwait(false);
                await clip.WarmAsync(stop).ConfigureAwait(false);
                output.Loaded(clip, s.Precision, s.Threads, watch.Elapsed, Memory());
                foreach (var size in batches)
                    output.Measured(s.Precision, s.Threads, size, clip.MeasureSpeed(size, TimeSpan.FromSeconds(call.GetValue(seconds) ?? 1), stop), peaks[s.Threads]);
            }
            output.End();
            return ExitCode.Done;
        });
        return command;
    }

    private static Precision[] Precisions(string? text) => text is null ? [Precision.Float32, Precision.Int8] : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(p => p switch
    {
        "fp32" => Precision.Float32,
        "int8" => Precision.Int8,
        _ => throw new UsageException($"--precision is '{text}'; it must be fp32, int8 or fp32,int8."),
    })];

    private static long Memory()
    {
        GC.Collect();
        return Environment.WorkingSet;
    }
}
