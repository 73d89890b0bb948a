using System.CommandLine;

namespace NClip.Cli;

/// <summary>A command with calls that show what it is for: its help ends with them, and a test runs them.</summary>
/// <param name="name">What is typed.</param>
/// <param name="description">What it does, in a sentence.</param>
/// <param name="examples">Whole calls, the first the plainest.</param>
internal class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Whole calls, as they are typed.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>A command that only holds others: alone it lists them.</summary>
internal sealed class Group : ExampleCommand
{
    public Group(Terminal terminal, string name, string description) : base(name, description)
        => SetAction(_ =>
        {
            Overview.Write(this, $"nclip {name}", terminal);
            return ExitCode.Done;
        });
}
