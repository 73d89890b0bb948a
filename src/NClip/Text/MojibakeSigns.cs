using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace NClip.Text;

/// <summary>
/// What mojibake looks like: kinds of characters and sequences of kinds that hardly occur in meant text, from
/// Text/Data/mojibake.txt (ftfy/badness.py and the UTF-8 clues of ftfy/chardata.py).
/// </summary>
internal sealed class MojibakeSigns
{
    private static readonly Lazy<MojibakeSigns> _instance = new(() => new MojibakeSigns(Encoding.UTF8.GetString(EmbeddedData.Read("mojibake.txt"))));

    private readonly Dictionary<string, FrozenSet<char>> _kinds = new(StringComparer.Ordinal);
    private readonly Func<char, bool>[][] _sequences;

    private MojibakeSigns(string data)
    {
        var parts = data.Split("---\n");
        foreach (var line in Lines(parts[0]))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            _kinds[line[..colon]] = Ranges(line[(colon + 1)..]).ToFrozenSet();
        }
        // Sequences that need a place in the text (its start) are kept apart by a null first element.
        _sequences = [.. Lines(parts[1]).Select(l => l.Split(' ').Select(Element).ToArray())];
    }

    public static MojibakeSigns Instance => _instance.Value;

    /// <summary>Whether the text has one of the sequences anywhere.</summary>
    public bool IsBad(string text)
    {
        for (var i = 0; i < text.Length; i++)
            foreach (var sequence in _sequences)
                if (Matches(sequence, text, i)) return true;
        return false;
    }

    /// <summary>
    /// The next run, from <paramref name="from"/> on, of characters that UTF-8 sequences become in a single-byte encoding
    /// (ftfy's UTF8_DETECTOR_RE); it may not stand right behind a character of such a sequence.
    /// </summary>
    public bool FindRun(string text, int from, out int start, out int length)
    {
        for (start = from; start < text.Length; start++)
        {
            if (start > 0 && _kinds["strictTrail"].Contains(text[start - 1])) continue;
            length = 0;
            while (Step(text, start + length) is > 0 and var step) length += step;
            if (length > 0) return true;
        }
        length = 0;
        return false;
    }

    private int Step(string text, int at)
    {
        if (at >= text.Length) return 0;
        ReadOnlySpan<string> leads = ["lead2", "lead3", "lead4"];
        for (var k = 0; k < leads.Length; k++)
            if (_kinds[leads[k]].Contains(text[at]) && Trails(text, at + 1, k + 1)) return k + 2;
        return 0;
    }

    private bool Trails(string text, int at, int count)
    {
        for (var i = at; i < at + count; i++)
            if (i >= text.Length || !_kinds["trail"].Contains(text[i])) return false;
        return true;
    }

    private static bool Matches(Func<char, bool>[] sequence, string text, int at)
    {
        var first = sequence[0] == _atStart ? 1 : 0;
        if (first == 1 && at != 0 || at + sequence.Length - first > text.Length) return false;
        for (var i = first; i < sequence.Length; i++)
            if (!sequence[i](text[at + i - first])) return false;
        return true;
    }

    private static readonly Func<char, bool> _atStart = static _ => true;

    private Func<char, bool> Element(string element)
    {
        if (element == "start") return _atStart;
        var named = element.Split('|').Select(Kind).ToArray();
        return named.Length == 1 ? named[0] : c => Array.Exists(named, k => k(c));
    }

    private Func<char, bool> Kind(string name) => name switch
    {
        "az" => char.IsAsciiLetterLower,
        "latin" => char.IsAsciiLetter,
        "other" => static c => !char.IsAsciiLetter(c),
        "any" => static c => c != '\n',
        "space" => static c => WhiteSpace.IsPython(c),
        "word" => static c => c == '_' || char.IsLetter(c) || char.IsNumber(c),
        _ when name[0] == '=' => name[1..].Split(',').Select(Hex).ToFrozenSet().Contains,
        _ => _kinds[name].Contains,
    };

    private static IEnumerable<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#');

    private static IEnumerable<char> Ranges(string list)
    {
        foreach (var range in list.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = range.Split('-');
            for (int c = Hex(ends[0]); c <= Hex(ends[^1]); c++) yield return (char)c;
        }
    }

    private static char Hex(string text) => (char)int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
