using System.Globalization;
using NClip.Foundation;

namespace NClip.Training.RunFiles;

/// <summary>A key's value, to be read as the kind that the key has.</summary>
/// <param name="path">The key with its tables, for messages.</param>
/// <param name="node">What the file has.</param>
/// <param name="folder">Where relative paths start.</param>
internal sealed class RunValue(string path, RunNode node, string folder)
{
    /// <summary>A text that is not empty.</summary>
    public string Text() => node.Value is string { Length: > 0 } text ? text : throw Refuse("a text in quotes");

    /// <summary>A path or pattern, from the run file's folder, or several joined by ::; an address stays as it is.</summary>
    public string Path() => string.Join("::", Text().Split("::").Select(t => t.Contains("://", StringComparison.Ordinal) ? t : System.IO.Path.Combine(folder, t)));

    /// <summary>A path from the run file's folder where something lies there; else the text, which may be a name.</summary>
    public string FileOrName()
    {
        var (text, file) = (Text(), System.IO.Path.Combine(folder, Text()));
        return System.IO.Path.Exists(file) ? file : text;
    }

    /// <summary>One of several words.</summary>
    public string Word(params string[] words) => node.Value is string text && words.Contains(text) ? text : throw Refuse("one of " + string.Join(", ", words));

    /// <summary>A whole number.</summary>
    public int Whole(int least = 0, int most = int.MaxValue) => node.Value is long n && n >= least && n <= most
        ? (int)n
        : throw Refuse(most == int.MaxValue ? FormattableString.Invariant($"a whole number of {least} or more") : FormattableString.Invariant($"a whole number from {least} to {most}"));

    /// <summary>A number.</summary>
    public double Number(double least = 0, double most = double.MaxValue)
    {
        var n = node.Value switch { long whole => whole, double d => d, _ => double.NaN };
        return n >= least && n <= most ? n : throw Refuse(most == double.MaxValue ? FormattableString.Invariant($"a number of {least} or more") : FormattableString.Invariant($"a number from {least} to {most}"));
    }

    /// <summary>true or false.</summary>
    public bool Flag() => node.Value is bool flag ? flag : throw Refuse("true or false");

    /// <summary>A number, or a list of numbers.</summary>
    public double[] OneOrSeveral(double least, double most) => node.Value is List<RunNode> list
        ? [.. list.Select((n, i) => new RunValue(FormattableString.Invariant($"{path}[{i}]"), n, folder).Number(least, most))]
        : [Number(least, most)];

    private RunFileException Refuse(string expected) => new($"{path} is {Show(node.Value)}; {expected} was expected.", node.Place);

    private static string Show(object value) => value switch
    {
        string text => $"\"{Shown.Name(text)}\"",
        bool flag => flag ? "true" : "false",
        RunTable => "a table",
        List<RunNode> => "a list",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
