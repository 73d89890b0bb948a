using NClip.Training.Distributed;
using NClip.Training.Runs;

namespace NClip.Training.Cli;

/// <summary>How a run of several processes ends: what all know, each ends with by itself, and the first one says it; what one alone meets ends them all.</summary>
internal static class TogetherRun
{
    /// <returns>The exit code, the same in each.</returns>
    public static int Of(Ranks ranks, Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is AgreedException or DivergenceException)
        {
            if (ranks.IsFirst) Say(e.Message);
            return e is AgreedException agreed ? agreed.ExitCode : 1;
        }
        catch (Exception e)
        {
            Say($"{ranks.Place(ranks.Rank)}: {(AgreedException.Is(e) ? e.Message : e.ToString())}");
            ranks.Abort(e is LostProcessException ? LostProcessException.ExitCode : 1);
            throw; // an abortion that comes back
        }
    }

    private static void Say(string message) => Console.Error.WriteLine($"nclip-train: {message}");
}

/// <summary>The run of a process that is not the first: all see the same, and one says it.</summary>
internal sealed class SilentRun : IRunObserver
{
    public void Note(string text) { /* the first process says it */ }

    public void Step(StepMetrics metrics, int steps) { /* the first process says it */ }

    public void Measured(int step, string name, IReadOnlyList<(string Name, double Value)> figures) { /* the first process says it */ }
}
