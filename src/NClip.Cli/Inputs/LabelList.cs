using NClip.ZeroShot;

namespace NClip.Cli.Inputs;

/// <summary>Labels of a call: <c>cat,dog</c>, <c>苹果，香蕉、橙子</c>, <c>cat;dog</c>, <c>cat|kitten,dog</c>, or a file with one a line.</summary>
internal static class LabelList
{
    /// <summary>The comma, the full-width comma and the enumeration comma of Chinese; a line end in any case.</summary>
    private static readonly char[] _commas = [',', '，', '、', '\n', '\r'];

    /// <summary>What people use where there is no comma.</summary>
    private static readonly char[] _semicolons = [';', '；'];

    /// <summary>Reads the labels of --labels and --labels-file, in this order. A label given twice is one class.</summary>
    /// <param name="inline">What --labels says.</param>
    /// <param name="file">What --labels-file says: a file, or the name of a prompt set; null where it is not given.</param>
    /// <param name="twice">Called with each label that is there again.</param>
    /// <exception cref="UsageException">There is no label, or the file cannot be read.</exception>
    public static IReadOnlyList<LabelClass> Read(IEnumerable<string> inline, FileInfo? file, Action<string> twice)
    {
        var classes = inline.SelectMany(Split).Select(Parse);
        if (file is not null) classes = classes.Concat(InFile(file));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var labels = new List<LabelClass>();
        foreach (var c in classes)
            if (seen.Add(c.Label)) labels.Add(c);
            else twice(c.Label);
        return labels.Count > 0 ? labels : throw new UsageException("there is no label. Give --labels cat,dog or --labels-file FILE with one label a line.");
    }

    private static string[] Split(string text)
    {
        var parts = text.Split(_commas, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 1 ? parts[0].Split(_semicolons, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : parts;
    }

    private static LabelClass Parse(string text)
    {
        try { return LabelClass.Parse(text); }
        catch (ArgumentException e) { throw new UsageException($"the label {e.Message} Give a word or a phrase, or several names of one class joined by |.", e); }
    }

    private static IEnumerable<LabelClass> InFile(FileInfo file)
    {
        if (!file.Exists && PromptSets.Contains(file.ToString())) return PromptSets.Classes(file.ToString());
        return TextFile.Lines(file, "--labels-file").Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#').Select(Parse);
    }
}
