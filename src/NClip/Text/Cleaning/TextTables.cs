using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace NClip.Text.Cleaning;

/// <summary>Character tables of ftfy 6.3 and of Python's html module (Text/Data/text-tables.json.gz), read when a text first needs them.</summary>
internal sealed class TextTables
{
    private static readonly Lazy<TextTables> _instance = new(() => new TextTables());

    private TextTables()
    {
        using var json = JsonDocument.Parse(EmbeddedData.Read("text-tables.json.gz"));
        var root = json.RootElement;
        Ligatures = Characters(root.GetProperty("ligatures"));
        Widths = Characters(root.GetProperty("width"));
        Entities = Strings(root.GetProperty("entities"));
        HtmlNames = Strings(root.GetProperty("unescape"));
        HtmlNumbers = root.GetProperty("charrefs").EnumerateObject().ToFrozenDictionary(p => Hex(p.Name), p => p.Value.GetString()!);
        HtmlInvalid = root.GetProperty("invalid").EnumerateArray().Select(e => Hex(e.GetString()!)).ToFrozenSet();
        Bytes = [.. root.GetProperty("bytes").EnumerateObject().Select(p => new SloppyEncoding(p.Name, [.. p.Value.EnumerateArray().Select(e => (char)Hex(e.GetString()!))]))];
    }

    public static TextTables Instance => _instance.Value;

    /// <summary>Latin ligatures and digraphs to their letters.</summary>
    public FrozenDictionary<char, string> Ligatures { get; }

    /// <summary>Full-width and half-width forms to the ordinary ones.</summary>
    public FrozenDictionary<char, string> Widths { get; }

    /// <summary>ftfy's entities: whole, from &amp; to ;.</summary>
    public FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Entities { get; }

    /// <summary>HTML5's names, with the ; where it is required.</summary>
    public FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> HtmlNames { get; }

    /// <summary>Numeric references that mean another character.</summary>
    public FrozenDictionary<int, string> HtmlNumbers { get; }

    /// <summary>Numeric references that mean nothing.</summary>
    public FrozenSet<int> HtmlInvalid { get; }

    /// <summary>The single-byte encodings, in the order in which ftfy tries them.</summary>
    public SloppyEncoding[] Bytes { get; }

    private static FrozenDictionary<char, string> Characters(JsonElement map) => map.EnumerateObject().ToFrozenDictionary(p => (char)Hex(p.Name), p => p.Value.GetString()!);

    private static FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Strings(JsonElement map) =>
        map.EnumerateObject().ToFrozenDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    // 0x80 or U+0080
    private static int Hex(string text) => int.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

/// <summary>
/// A single-byte encoding whose unassigned bytes stand for the control characters of the same number. The Windows ones take
/// byte 1A for U+FFFD (ftfy/bad_codecs/sloppy.py).
/// </summary>
internal sealed class SloppyEncoding
{
    private const char Replacement = '\uFFFD';
    private const byte Substitute = 0x1A;

    private readonly FrozenDictionary<char, byte> _high;
    private readonly char[] _characters;

    public SloppyEncoding(string name, char[] characters)
    {
        (Name, _characters) = (name, characters);
        IsSloppy = name.StartsWith("sloppy", StringComparison.Ordinal);
        _high = characters.Select((c, i) => (c, i)).ToFrozenDictionary(x => x.c, x => (byte)(0x80 + x.i));
    }

    public string Name { get; }

    /// <summary>Whether byte 1A stands for U+FFFD.</summary>
    public bool IsSloppy { get; }

    /// <summary>The character of a byte from 80 to FF.</summary>
    public char Of(byte b) => _characters[b - 0x80];

    /// <summary>The bytes of a text, or null where a character is not in the encoding.</summary>
    public byte[]? TryEncode(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c < 0x80 && !(IsSloppy && c == Substitute)) bytes[i] = (byte)c;
            else if (IsSloppy && c == Replacement) bytes[i] = Substitute;
            else if (!_high.TryGetValue(c, out bytes[i])) return null;
        }
        return bytes;
    }
}
