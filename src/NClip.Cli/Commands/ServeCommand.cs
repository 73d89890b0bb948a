using System.CommandLine;
using NClip.Cli.Programs;

namespace NClip.Cli.Commands;

/// <summary><c>nclip serve</c>: becomes the program nclip-serve, which gets every word behind it.</summary>
internal static class ServeCommand
{
    /// <summary>What is typed.</summary>
    public const string Name = "serve";

    public static Command Create(Terminal terminal)
    {
        var command = new ExampleCommand(Name, "Show a gallery in the browser, and answer programs over HTTP: becomes the program nclip-serve (dotnet tool install NClip.Server), which gets every word behind it.",
            "nclip serve gallery.nclip",
            "nclip serve --help")
        { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(call => Run(call.UnmatchedTokens, ServingProgram.Place.Find()));
        return command;
    }

    /// <summary>Becomes the program.</summary>
    /// <exception cref="UsageException">It is not there, or cannot be started.</exception>
    public static int Run(IReadOnlyList<string> words, string? program)
        => OtherProgram.Become(program ?? throw new UsageException(ServingProgram.Missing), ServingProgram.Place.Package, words);
}
