using System.Globalization;
using System.Text;

namespace NClip.Text.Cleaning;

/// <summary>
/// Canonical normal forms (Unicode Standard Annex 15) from a table of our own: <see cref="string.Normalize()"/> returns its input
/// untouched where globalization is invariant, and tokens must not depend on that setting.
/// </summary>
internal static class UnicodeNormalization
{
    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    private static readonly Lazy<Tables> _tables = new(Tables.Read);

    /// <summary>Normal form C: decomposed, put in order, composed again.</summary>
    public static string Compose(string text)
    {
        // Nothing below the combining marks composes with its neighbour, so nearly every text ends here.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF'))
            return text;
        var tables = _tables.Value;
        var points = Decompose(text, tables);
        Compose(points, tables);
        return ToText(points);
    }

    /// <summary>Normal form D: decomposed and put in order.</summary>
    public static string Decompose(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u00BF'))
            return text;
        return ToText(Decompose(text, _tables.Value));
    }

    private static List<int> Decompose(string text, Tables tables)
    {
        var points = new List<int>(text.Length + 8);
        for (var i = 0; i < text.Length; i++)
        {
            // A lone surrogate stays what it is.
            int c = text[i];
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                c = char.ConvertToUtf32(text[i], text[++i]);
            Append(points, c, tables);
        }

        for (var i = 0; i < points.Count;)
        {
            if (tables.Class(points[i]) == 0)
            {
                i++;
                continue;
            }
            var start = i;
            while (i < points.Count && tables.Class(points[i]) != 0)
                i++;
            SortByClass(points, start, i, tables);
        }
        return points;
    }

    private static void Append(List<int> points, int c, Tables tables)
    {
        if (c is >= SBase and < SBase + SCount)
        {
            var index = c - SBase;
            points.Add(LBase + index / (VCount * TCount));
            points.Add(VBase + index % (VCount * TCount) / TCount);
            if (index % TCount != 0)
                points.Add(TBase + index % TCount);
        }
        else if (tables.Decompositions.TryGetValue(c, out var parts))
        {
            Append(points, parts.First, tables);
            if (parts.Second != 0)
                points.Add(parts.Second);
        }
        else
        {
            points.Add(c);
        }
    }

    /// <summary>Stable, so that marks of one class keep their order; merge sort, so that a text of marks alone is no trap.</summary>
    private static void SortByClass(List<int> points, int start, int end, Tables tables)
    {
        if (end - start < 2)
            return;
        var sorted = points.GetRange(start, end - start).OrderBy(tables.Class).ToList();
        for (var i = start; i < end; i++)
            points[i] = sorted[i - start];
    }

    private static void Compose(List<int> points, Tables tables)
    {
        int starter = -1, lastClass = 0, written = 0;
        for (var i = 0; i < points.Count; i++)
        {
            var c = points[i];
            var cls = tables.Class(c);
            // A character reaches the starter only over marks of lower classes.
            var adjacent = starter == written - 1;
            if (starter >= 0 && (adjacent || lastClass < cls) && Pair(points[starter], c, tables) is { } composed)
            {
                points[starter] = composed;
                continue;
            }
            points[written] = c;
            if (cls == 0)
                starter = written;
            lastClass = cls;
            written++;
        }
        points.RemoveRange(written, points.Count - written);
    }

    private static int? Pair(int first, int second, Tables tables)
    {
        if (first is >= LBase and < LBase + LCount && second is >= VBase and < VBase + VCount)
            return SBase + ((first - LBase) * VCount + second - VBase) * TCount;
        if (first is >= SBase and < SBase + SCount && (first - SBase) % TCount == 0 && second is > TBase and < TBase + TCount)
            return first + second - TBase;
        return tables.Compositions.TryGetValue((first, second), out var c) ? c : null;
    }

    private static string ToText(List<int> points)
    {
        var text = new StringBuilder(points.Count + 8);
        foreach (var c in points)
        {
            if (c < 0x10000)
                text.Append((char)c);
            else
                text.Append(char.ConvertFromUtf32(c));
        }
        return text.ToString();
    }

    private sealed class Tables
    {
        private readonly Dictionary<int, byte> _classes = [];

        public Dictionary<int, (int First, int Second)> Decompositions { get; } = [];

        public Dictionary<(int First, int Second), int> Compositions { get; } = [];

        public int Class(int c) => c < 0x300 ? 0 : _classes.GetValueOrDefault(c);

        public static Tables Read()
        {
            var tables = new Tables();
            using var stream = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("NClip.Text.Data.UnicodeNormalization.txt")!;
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                if (line[0] == '#')
                    continue;
                var parts = line.Split(' ');
                if (line[0] == 'c')
                {
                    var range = parts[1].Split("..");
                    for (var c = Hex(range[0]); c <= Hex(range[^1]); c++)
                        tables._classes[c] = byte.Parse(parts[2], CultureInfo.InvariantCulture);
                    continue;
                }
                var pair = (Hex(parts[2]), parts.Length > 3 ? Hex(parts[3]) : 0);
                tables.Decompositions[Hex(parts[1])] = pair;
                if (line[0] == 'd')
                    tables.Compositions[pair] = Hex(parts[1]);
            }
            return tables;
        }

        private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
