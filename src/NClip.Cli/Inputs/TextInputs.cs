using System.CommandLine;

namespace NClip.Cli.Inputs;

/// <summary>Where the texts of a call come from: its arguments, a file, standard input.</summary>
internal sealed class TextInputs
{
    private readonly Argument<string[]> _texts = new("texts") { Description = "Texts.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _input = new("--input", "-i") { Description = "A file with a text a line, or a JSON object a line: {\"text\": ...}; its \"id\" is kept. - is standard input.", HelpName = "FILE|-" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_texts);
        command.Add(_input);
    }

    /// <summary>The file of the call, for messages; null where texts are arguments only.</summary>
    public string? File(ParseResult call) => call.GetValue(_input);

    /// <summary>The texts of the call, those of the file as they are needed.</summary>
    /// <exception cref="UsageException">There is none, or the file cannot be opened.</exception>
    public IEnumerable<TextLine> Read(ParseResult call, Terminal terminal)
    {
        var (given, file) = (call.GetValue(_texts)!, call.GetValue(_input));
        if (given.Length == 0 && file is null) throw new UsageException("there is no text. Give texts, or --input FILE with a text a line (- is standard input).");
        var lines = given.Select((t, i) => new TextLine(i + 1, null, t, null));
        return file is null ? lines : lines.Concat(Owned(TextFile.Open(file, "--input", terminal)));
    }

    private static IEnumerable<TextLine> Owned(StreamReader reader)
    {
        using (reader)
            foreach (var line in TextLines.Read(reader)) yield return line;
    }
}
