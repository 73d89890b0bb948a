using System.CommandLine;

namespace NClip.Cli;

/// <summary>What a call without a command sees: each command, what it does, and a call to try.</summary>
internal static class Overview
{
    /// <summary>Lists the commands below one.</summary>
    public static void Write(Command parent, string call, Terminal terminal)
    {
        terminal.Out.WriteLine(parent.Description);
        foreach (var c in parent.Subcommands.Where(c => !c.Hidden))
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine($"{c.Name}: {c.Description}");
            if (First(c) is { } example) terminal.Out.WriteLine($"  {example}");
        }
        terminal.Out.WriteLine();
        terminal.Out.WriteLine($"{call} COMMAND --help says more.");
        terminal.Out.Flush();
    }

    private static string? First(Command c)
        => c is ExampleCommand { Examples: [var first, ..] } ? first : c.Subcommands.Select(First).FirstOrDefault(e => e is not null);
}
