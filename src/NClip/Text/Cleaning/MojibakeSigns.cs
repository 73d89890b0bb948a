using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace NClip.Text.Cleaning;

/// <summary>
/// What mojibake looks like: kinds of characters and sequences of kinds that hardly occur in meant text, from
/// Text/Data/mojibake.txt (ftfy/badness.py and the UTF-8 clues of ftfy/chardata.py).
/// </summary>
internal sealed class MojibakeSigns
{
    private static readonly Lazy<MojibakeSigns> _instance = new(() => new MojibakeSigns(Encoding.UTF8.GetString(EmbeddedData.Read("mojibake.txt"))));

    private readonly Dictionary<string, FrozenSet<char>> _kinds = new(StringComparer.Ordinal);
    private readonly FrozenSet<char>[] _leads;
    private readonly FrozenSet<char> _trail, _strictTrail;
    private readonly Sequence[] _sequences;
    private readonly ulong _ofOne;

    // By page of 256 characters, made when a text first has one of them: a bit for each sequence that the character may begin, or stand second in.
    private readonly (ulong First, ulong Second)[]?[] _pages = new (ulong, ulong)[256][];

    private MojibakeSigns(string data)
    {
        var parts = data.Split("---\n");
        foreach (var line in Lines(parts[0]))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            _kinds[line[..colon]] = Ranges(line[(colon + 1)..]).ToFrozenSet();
        }
        _leads = [_kinds["lead2"], _kinds["lead3"], _kinds["lead4"]];
        (_trail, _strictTrail) = (_kinds["trail"], _kinds["strictTrail"]);
        _sequences = [.. Lines(parts[1]).Select(l => l.Split(' ')).Select(l => l[0] == "start" ? new Sequence(true, [.. l[1..].Select(Element)]) : new Sequence(false, [.. l.Select(Element)]))];
        _ofOne = Bits(s => s.Elements.Length == 1);
    }

    public static MojibakeSigns Instance => _instance.Value;

    /// <summary>Whether the text has one of the sequences anywhere.</summary>
    public bool IsBad(string text)
    {
        var here = text.Length > 0 ? PlacesOf(text[0]) : default;
        for (var i = 0; i < text.Length; i++)
        {
            var next = i + 1 < text.Length ? PlacesOf(text[i + 1]) : default;
            for (var left = here.First & (next.Second | _ofOne); left != 0; left &= left - 1)
                if (Matches(_sequences[BitOperations.TrailingZeroCount(left)], text, i)) return true;
            here = next;
        }
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
            if (start > 0 && _strictTrail.Contains(text[start - 1])) continue;
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
        for (var k = 0; k < _leads.Length; k++)
            if (_leads[k].Contains(text[at]) && Trails(text, at + 1, k + 1)) return k + 2;
        return 0;
    }

    private bool Trails(string text, int at, int count)
    {
        for (var i = at; i < at + count; i++)
            if (i >= text.Length || !_trail.Contains(text[i])) return false;
        return true;
    }

    private static bool Matches(Sequence sequence, string text, int at)
    {
        if (sequence.AtStart && at != 0 || at + sequence.Elements.Length > text.Length) return false;
        for (var i = 0; i < sequence.Elements.Length; i++)
            if (!sequence.Elements[i](text[at + i])) return false;
        return true;
    }

    private (ulong First, ulong Second) PlacesOf(char c)
    {
        var page = Volatile.Read(ref _pages[c >> 8]);
        if (page is null)
        {
            var firstOfPage = c & 0xFF00;
            page = [.. Enumerable.Range(firstOfPage, 256).Select(n => (Bits(s => s.Elements[0]((char)n)), Bits(s => s.Elements.Length > 1 && s.Elements[1]((char)n))))];
            Volatile.Write(ref _pages[c >> 8], page);
        }
        return page[c & 0xFF];
    }

    private ulong Bits(Func<Sequence, bool> where)
    {
        ulong bits = 0;
        for (var i = 0; i < _sequences.Length; i++)
            if (where(_sequences[i])) bits |= 1UL << i;
        return bits;
    }

    /// <summary>Kinds of characters side by side; some count at the start of the text only.</summary>
    private sealed record Sequence(bool AtStart, Func<char, bool>[] Elements);

    private Func<char, bool> Element(string element)
    {
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
