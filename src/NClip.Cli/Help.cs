using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace NClip.Cli;

/// <summary>--help: the parser's, then the command's examples.</summary>
internal sealed class Help(HelpAction help, Terminal terminal) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        if (parseResult.CommandResult.Command is ExampleCommand { Examples: { Count: > 0 } examples })
        {
            terminal.Out.WriteLine("Examples:");
            foreach (var e in examples) terminal.Out.WriteLine($"  {e}");
            terminal.Out.WriteLine();
        }
        return ExitCode.Done;
    }
}
