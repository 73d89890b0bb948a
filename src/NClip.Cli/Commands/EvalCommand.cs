using System.CommandLine;
using NClip.Cli.Evaluating;

namespace NClip.Cli.Commands;

/// <summary><c>nclip eval</c>: how good a model is on data of one's own.</summary>
internal static class EvalCommand
{
    public static Command Create(Terminal terminal) => new Group(terminal, "eval", "Measure a model on pictures with classes or captions.")
    {
        ZeroShotEval.Create(terminal),
        RetrievalEval.Create(terminal),
        LinearProbeEval.Create(terminal),
        FewShotEval.Create(terminal),
        RobustnessEval.Create(terminal),
        CalibrationEval.Create(terminal),
    };
}
