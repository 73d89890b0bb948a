using System.Globalization;
using System.Text;

namespace NClip.Text.Cleaning;

/// <summary>The four kinds of characters that the regular expressions of byte-level tokenizers tell apart.</summary>
internal enum CharacterKind : byte
{
    /// <summary><c>\p{L}</c></summary>
    Letter,

    /// <summary><c>\p{N}</c></summary>
    Number,

    /// <summary><c>\s</c></summary>
    Space,

    /// <summary>Everything else; combining marks too.</summary>
    Other,
}

internal static class CharacterKinds
{
    private static readonly CharacterKind[] _ascii = [.. Enumerable.Range(0, 128).Select(OfAscii)];

    /// <summary>Kinds of U+0000 to U+007F.</summary>
    public static ReadOnlySpan<CharacterKind> Ascii => _ascii;

    /// <summary>Kind of the code point at <paramref name="at"/>, and how many UTF-16 units it has.</summary>
    public static CharacterKind At(ReadOnlySpan<char> text, int at, out int length)
    {
        if (text[at] < 0x80)
        {
            length = 1;
            return _ascii[text[at]];
        }
        _ = Rune.DecodeFromUtf16(text[at..], out var rune, out length); // a lone surrogate counts as U+FFFD: neither letter nor number
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterKind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterKind.Number,
            _ => WhiteSpace.IsUnicode(rune.Value) ? CharacterKind.Space : CharacterKind.Other,
        };
    }

    /// <summary>End of the run of one kind that begins at <paramref name="at"/>.</summary>
    public static int RunEnd(ReadOnlySpan<char> text, int at, CharacterKind kind)
    {
        while (at < text.Length && At(text, at, out var length) == kind)
            at += length;
        return at;
    }

    private static CharacterKind OfAscii(int c) => char.IsAsciiLetter((char)c) ? CharacterKind.Letter
        : char.IsAsciiDigit((char)c) ? CharacterKind.Number
        : WhiteSpace.IsUnicode(c) ? CharacterKind.Space : CharacterKind.Other;
}
