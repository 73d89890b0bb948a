using System.Collections.Frozen;

namespace NClip.Text.Bpe;

/// <summary>Bytes as printable characters: those that print stand for themselves, the others are U+0100 and on, in order.</summary>
internal static class ByteSymbols
{
    private static readonly char[] _symbols = Make();
    private static readonly FrozenDictionary<char, byte> _bytes = _symbols.Select((c, b) => (c, b)).ToFrozenDictionary(x => x.c, x => (byte)x.b);

    /// <summary>The character of a byte.</summary>
    public static char Of(byte b) => _symbols[b];

    /// <summary>The byte of a character, if it stands for one.</summary>
    public static bool TryByte(char c, out byte b) => _bytes.TryGetValue(c, out b);

    /// <summary>All characters in CLIP's order: those that stand for themselves, then the others.</summary>
    public static IEnumerable<char> InVocabularyOrder() => Enumerable.Range(0, 256).OrderBy(b => Prints(b) ? 0 : 1).ThenBy(b => b).Select(b => _symbols[b]);

    private static bool Prints(int b) => b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;

    private static char[] Make()
    {
        var (symbols, next) = (new char[256], 0x100);
        for (var b = 0; b < 256; b++) symbols[b] = Prints(b) ? (char)b : (char)next++;
        return symbols;
    }
}
