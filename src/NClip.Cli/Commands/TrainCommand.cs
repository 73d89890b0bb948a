using System.CommandLine;
using NClip.Cli.Programs;

namespace NClip.Cli.Commands;

/// <summary><c>nclip train</c>: becomes the program nclip-train, which gets every word behind it.</summary>
internal static class TrainCommand
{
    private const string Name = "train";

    public static Command Create(Terminal terminal)
    {
        var command = new ExampleCommand(Name, "Train a model: becomes the program nclip-train (dotnet tool install NClip.Training.Cli), which gets every word behind it.",
            "nclip train --help",
            "nclip train mini text --data DATA --work WORK")
        { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(call => Run(call.UnmatchedTokens, TrainingProgram.Place.Find()));
        return command;
    }

    /// <summary>The words that the other program gets, --help and --version among them, or null where the call is another command's.</summary>
    public static IReadOnlyList<string>? Passed(IEnumerable<string> arguments)
        => PassedOn.Words(Name, arguments);

    /// <summary>Becomes the program.</summary>
    /// <exception cref="UsageException">It is not there, or cannot be started.</exception>
    public static int Run(IReadOnlyList<string> words, string? program)
        => OtherProgram.Become(program ?? throw new UsageException(TrainingProgram.Missing), TrainingProgram.Place.Package, words);
}
