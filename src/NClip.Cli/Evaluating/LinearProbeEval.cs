using System.CommandLine;

namespace NClip.Cli.Evaluating;

/// <summary><c>nclip eval linear-probe</c>: as <c>nclip probe</c>, and nothing is kept.</summary>
internal static class LinearProbeEval
{
    public static Command Create(Terminal terminal)
    {
        var probe = new ProbeOptionsOfCall();
        var command = new ExampleCommand("linear-probe", "Top-1 of a logistic regression on the features.",
            "nclip eval linear-probe --train flowers/train --test flowers/test",
            "nclip eval linear-probe --train train.tar --test test.tar --c 10 --json");
        probe.AddTo(command, testRequired: true);
        command.SetAction((call, stop) => probe.RunAsync(call, null, terminal, stop));
        return command;
    }
}
