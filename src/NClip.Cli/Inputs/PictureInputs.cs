using System.CommandLine;

namespace NClip.Cli.Inputs;

/// <summary>Where the pictures of a call come from: its arguments, a list of names, standard input.</summary>
internal sealed class PictureInputs
{
    /// <summary>The name of standard input.</summary>
    public const string StandardInput = "-";

    private readonly Argument<string[]> _images = new("images") { Description = "Files, folders (with their subfolders), or patterns as in photos/**/*.jpg; - is a picture on standard input.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _list = new("--files-from") { Description = "More of them from a file, one a line (or divided by NUL, as find -print0 does); - reads the list from standard input.", HelpName = "LIST|-" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_images);
        command.Add(_list);
    }

    /// <summary>Whether a call names any.</summary>
    public bool Are(ParseResult call) => call.GetValue(_images) is { Length: > 0 } || call.GetValue(_list) is not null;

    /// <summary>Finds the pictures.</summary>
    /// <param name="call">The call.</param>
    /// <param name="terminal">Whose standard input it is.</param>
    /// <param name="failed">Called with each entry that gives no picture, and why.</param>
    /// <param name="stop">Ends the search.</param>
    /// <param name="more">Pictures that the call names in other ways, behind the arguments.</param>
    /// <exception cref="UsageException">The call names none, or the list cannot be read.</exception>
    public PictureList Read(ParseResult call, Terminal terminal, Action<string, string> failed, CancellationToken stop, IEnumerable<string>? more = null)
    {
        string[] given = [.. call.GetValue(_images) ?? [], .. more ?? []];
        var list = call.GetValue(_list);
        if (list == StandardInput && given.Contains(StandardInput)) throw new UsageException("standard input is either a picture (-) or a list of names (--files-from -).");
        if (list is not null) given = [.. given, .. Names(list, terminal)];
        else if (given.Length == 0) throw new UsageException("there is no picture. Give images: files, folders, patterns, - for standard input, or --files-from LIST.");
        var paths = given.Contains(StandardInput) && !File.Exists(StandardInput) ? Around(given, failed, stop) : PictureFiles.Expand(given, failed, stop);
        return new PictureList(paths, terminal.Input);
    }

    // Standard input stays at its place among the others.
    private static IEnumerable<string> Around(string[] given, Action<string, string> failed, CancellationToken stop)
    {
        var at = Array.IndexOf(given, StandardInput);
        var before = PictureFiles.Expand(given[..at], failed, stop);
        return [.. before, StandardInput, .. PictureFiles.Expand(given[at..].Where(g => g != StandardInput), failed, stop).Except(before)];
    }

    private static string[] Names(string list, Terminal terminal)
    {
        using var reader = TextFile.Open(list, "--files-from", terminal);
        var text = reader.ReadToEnd();
        return text.Split(text.Contains('\0', StringComparison.Ordinal) ? ['\0'] : ['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
    }
}
