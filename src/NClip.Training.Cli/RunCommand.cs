using System.Runtime.InteropServices;
using NClip.Training.Distributed;
using NClip.Training.Measuring;
using NClip.Training.RunFiles;
using NClip.Training.Runs;

namespace NClip.Training.Cli;

/// <summary><c>nclip train RUN.toml</c>: checks, then trains, or goes on.</summary>
internal static class RunCommand
{
    /// <summary>What shells return for a process that a signal ended.</summary>
    private const int BySignal = 128;

    /// <summary>Whether a word names a run file.</summary>
    public static bool IsRunFile(string word) => word.EndsWith(".toml", StringComparison.OrdinalIgnoreCase) || word.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>Runs a file, in this process or in all that the launcher has started.</summary>
    /// <returns>0; 130 or 143 where a signal stopped it, with a checkpoint.</returns>
    /// <exception cref="RunFileException">The call, or what it needs, is not right; nothing was begun.</exception>
    /// <exception cref="ClipException">The run failed.</exception>
    public static int Run(string[] words) => Task.Factory.StartNew(() => Joined(words), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).GetAwaiter().GetResult();

    /// <summary>In a thread of its own: the first one takes the process's signals, and a signal in the middle of oneDNN's float32 product left a damaged heap.</summary>
    private static int Joined(string[] words)
    {
        using var ranks = Ranks.Join();
        return ranks.Size == 1 ? Run(words, ranks) : TogetherRun.Of(ranks, () => Run(words, ranks));
    }

    private static int Run(string[] words, Ranks ranks)
    {
        using var stop = new CancellationTokenSource();
        var signal = 0;
        void Stop(PosixSignalContext context)
        {
            if (signal != 0) return; // the second one ends the process
            (context.Cancel, signal) = (true, context.Signal == PosixSignal.SIGINT ? 2 : 15);
            stop.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var dry = false;
            var checking = ranks.Size == 1 ? stop.Token : CancellationToken.None; // several end together, between steps
            using var plan = ranks.All(() => BeforeAnything(() =>
            {
                (var overrides, dry) = Options(words.AsSpan(1));
                var settings = RunFile.Read(words[0], overrides);
                ranks.Check(settings.Train);
                return RunPlan.Of(settings, counts: dry && ranks.IsFirst, checking);
            }));
            var evaluations = ranks.First(() => BeforeAnything(() => RunEvaluations.Of(plan))) ?? [];
            if (!dry) new TrainingRun(plan, evaluations, ranks.IsFirst ? new ProgressReport(plan.Settings.Train.Batch) : new SilentRun()) { Ranks = ranks }.Execute(stop.Token);
            else if (ranks.IsFirst) Console.Write(PlanReport.Of(plan));
            return 0;
        }
        catch (OperationCanceledException)
        {
            signal = ranks.Everybody(signal).Max();
            if (ranks.IsFirst) Console.Error.WriteLine("nclip-train: stopped; the same call goes on from here.");
            return BySignal + signal;
        }
    }

    /// <summary>Whatever is wrong before the first step makes the call one that cannot be carried out.</summary>
    private static T BeforeAnything<T>(Func<T> check)
    {
        try
        {
            return check();
        }
        catch (ClipException e) when (e is not RunFileException)
        {
            throw new RunFileException(e.Message, null, e);
        }
    }

    private static (IReadOnlyList<string> Overrides, bool Dry) Options(ReadOnlySpan<string> words)
    {
        var (overrides, dry) = (new List<string>(), false);
        for (var i = 0; i < words.Length; i++)
            switch (words[i])
            {
                case "--dry-run": dry = true; break;
                case "--set" when i + 1 < words.Length: overrides.Add(words[++i]); break;
                case "--set": throw new RunFileException("--set has no KEY=VALUE behind it.");
                default: throw new RunFileException($"'{words[i]}' is no option of a run; it has --set KEY=VALUE and --dry-run. See `nclip train --help`.");
            }
        return (overrides, dry);
    }
}
