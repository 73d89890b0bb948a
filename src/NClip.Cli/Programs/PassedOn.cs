namespace NClip.Cli.Programs;

/// <summary>Calls of commands that are other programs: those get every word behind the command's name, --help and --version among them.</summary>
internal static class PassedOn
{
    /// <summary>The words that the other program gets, or null where the call is another command's.</summary>
    public static IReadOnlyList<string>? Words(string command, IEnumerable<string> arguments)
        => arguments.SkipWhile(a => a == "--verbose").ToArray() is [var first, .. var rest] && first == command ? rest : null;

    /// <summary>Becomes the program that a call is for, before the parser, which would answer --help itself.</summary>
    /// <returns>Its exit code, or null where the call is this program's.</returns>
    public static int? Run(Terminal terminal, IReadOnlyList<string> arguments)
    {
        try
        {
            return Commands.TrainCommand.Passed(arguments) is { } training ? Commands.TrainCommand.Run(training, TrainingProgram.Place.Find())
                : Words(Commands.ServeCommand.Name, arguments) is { } serving ? Commands.ServeCommand.Run(serving, ServingProgram.Place.Find())
                : null;
        }
        catch (UsageException e)
        {
            terminal.Fail(e.Message, e);
            return ExitCode.Unusable;
        }
    }
}
