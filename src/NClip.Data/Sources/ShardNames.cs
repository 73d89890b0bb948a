using System.Globalization;

namespace NClip.Data;

/// <summary>The shards that a name means: braces (<c>{000..009}</c>, <c>{a,b}</c>) are written out as a shell does, patterns (<c>*</c>, <c>?</c>) are looked up and sorted.</summary>
internal static class ShardNames
{
    private const int Most = 1_000_000;

    /// <summary>Whether a name is one of shards.</summary>
    public static bool AreShards(string spec)
    {
        var path = IsAddress(spec) && Uri.TryCreate(spec, UriKind.Absolute, out var address) ? address.AbsolutePath : spec;
        return path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) || IsCompressed(path);
    }

    public static bool IsCompressed(string path) => path.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);

    public static bool IsAddress(string name) => name.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || name.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="DataException">A brace is not closed, a pattern matches nothing, or files are missing: they are named.</exception>
    public static string[] Expand(string spec)
    {
        string[] names = [.. Braces(spec, spec).SelectMany(n => IsAddress(n) ? [n] : n.AsSpan().ContainsAny('*', '?') ? Matches(n) : [n])];
        string[] missing = [.. names.Where(n => !IsAddress(n) && !File.Exists(n))];
        return missing.Length == 0 ? names
            : throw new DataException($"{missing.Length} of {names.Length} shards are not there: {string.Join(", ", missing.Take(5))}{(missing.Length > 5 ? ", ..." : "")}. Check the path and the range.", spec);
    }

    private static IEnumerable<string> Braces(string name, string spec)
    {
        var open = name.IndexOf('{', StringComparison.Ordinal);
        if (open < 0) return [name];
        var close = name.IndexOf('}', open);
        if (close < 0) throw new DataException("a brace is not closed; ranges are written {000..009} and choices {a,b}.", spec);
        var (before, after) = (name[..open], Braces(name[(close + 1)..], spec).ToArray());
        return Choices(name[(open + 1)..close], spec).SelectMany(middle => after.Select(end => before + middle + end));
    }

    private static IEnumerable<string> Choices(string inside, string spec)
    {
        var ends = inside.Split("..");
        if (ends.Length != 2) return inside.Split(',');
        if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) || !int.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last < first || last - first >= Most)
            throw new DataException($"'{{{inside}}}' is no range; two numbers are expected, the smaller first, such as {{000..009}}.", spec);
        var width = ends[0].StartsWith('0') || ends[1].StartsWith('0') ? Math.Max(ends[0].Length, ends[1].Length) : 1;
        return Enumerable.Range(first, last - first + 1).Select(n => n.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0'));
    }

    private static string[] Matches(string pattern)
    {
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        var start = pattern.LastIndexOfAny(separators, pattern.IndexOfAny(['*', '?'])) + 1;
        var parts = pattern[start..].Split(separators);
        IEnumerable<string> folders = [pattern[..start]];
        foreach (var part in parts[..^1])
            folders = [.. folders.SelectMany(f => Entries(f, part, Directory.EnumerateDirectories)).Select(f => f + Path.DirectorySeparatorChar)];
        string[] files = [.. folders.SelectMany(f => Entries(f, parts[^1], Directory.EnumerateFiles)).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new DataException("no file matches. Check the folder and the pattern.", pattern);
    }

    private static IEnumerable<string> Entries(string folder, string pattern, Func<string, string, IEnumerable<string>> list) =>
        folder.Length == 0 ? list(".", pattern).Select(f => f[2..]) : Directory.Exists(folder) ? list(folder, pattern) : [];
}
