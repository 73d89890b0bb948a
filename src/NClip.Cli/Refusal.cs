using System.CommandLine;
using System.CommandLine.Parsing;

namespace NClip.Cli;

/// <summary>What is wrong with a call that the parser did not understand, and what was probably meant.</summary>
internal static class Refusal
{
    /// <summary>The one line to say, or null where the call is sound.</summary>
    public static string? Of(ParseResult call, string[] args)
    {
        if (!call.CommandResult.Command.TreatUnmatchedTokensAsErrors) return null; // its words are another program's
        var said = call.CommandResult.Command.Subcommands.Count > 0 && call.UnmatchedTokens.FirstOrDefault(t => t[..Math.Min(1, t.Length)] != "-") is { } command ? Word(command, call)
            : UnknownOption(call, args) is { } option ? Option(option, call)
            : call.UnmatchedTokens is [var word, ..] ? Word(word, call)
            : call.Errors.Count > 0 ? string.Join(" ", call.Errors.Select(e => e.Message).Distinct())
            : null;
        return said is null ? null : $"{said} See `{Path(call.CommandResult)} --help`.";
    }

    // The parser takes a misspelt option for one more input where the command has inputs.
    private static string? UnknownOption(ParseResult call, string[] args)
    {
        var inputs = Array.IndexOf(args, "--") is >= 0 and var dashes ? args[(dashes + 1)..] : [];
        return call.CommandResult.Children.OfType<ArgumentResult>().SelectMany(r => r.Tokens).Select(t => t.Value).Concat(call.UnmatchedTokens)
            .FirstOrDefault(v => v.Length > 1 && v[0] == '-' && (v[1] == '-' || char.IsAsciiLetter(v[1])) && !v.Contains(' ', StringComparison.Ordinal) && !inputs.Contains(v));
    }

    private static string Option(string typed, ParseResult call)
    {
        var name = typed.Split('=', ':')[0];
        var options = Commands(call.CommandResult).SelectMany((c, i) => c.Options.Where(o => i == 0 || o.Recursive)).SelectMany(o => (string[])[o.Name, .. o.Aliases]).Where(o => o.StartsWith("--", StringComparison.Ordinal));
        var near = name.Length > 2 ? Nearest.Of(name, options) : null;
        var meant = near is null ? "." : $"; did you mean {near}?";
        var input = call.CommandResult.Command.Arguments.Count > 0 ? " An input of that name goes behind --." : "";
        return $"'{typed}' is no option of this command{meant}{input}";
    }

    private static string Word(string typed, ParseResult call)
    {
        var command = call.CommandResult.Command;
        if (command.Subcommands.Count == 0) return $"'{typed}' is one word too many.";
        var names = command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name).ToArray();
        return $"'{typed}' is no command{(Nearest.Of(typed, names) is { } near ? $"; did you mean {Path(call.CommandResult)} {near}?" : $". The commands are {string.Join(", ", names)}.")}";
    }

    private static string Path(SymbolResult result) => string.Join(' ', Commands(result).Select(c => c is RootCommand ? "nclip" : c.Name).Reverse());

    private static IEnumerable<Command> Commands(SymbolResult? result)
    {
        for (var r = result as CommandResult; r is not null; r = r.Parent as CommandResult) yield return r.Command;
    }
}
