using System.Globalization;
using System.Text;

namespace NClip.Text.Cleaning;

/// <summary>The two lower-casings that tokenizers use. .NET's own knows neither the final sigma nor U+0130.</summary>
internal static class LowerCase
{
    private const int CapitalSigma = 0x3A3, Sigma = 0x3C3, FinalSigma = 0x3C2, CapitalIWithDot = 0x130;

    /// <summary>As Python's <c>str.lower</c>: a capital sigma that ends a word becomes the final one (Unicode Standard 3.13, Final_Sigma).</summary>
    public static string Words(string text) => Convert(text, finalSigma: true);

    /// <summary>As Rust's <c>char::to_lowercase</c> on every code point by itself: no final sigma.</summary>
    public static string Characters(string text) => Convert(text, finalSigma: false);

    private static string Convert(string text, bool finalSigma)
    {
        if (Ascii.IsValid(text))
            return text.AsSpan().ContainsAnyInRange('A', 'Z') ? text.ToLowerInvariant() : text;

        var lower = new StringBuilder(text.Length + 4);
        for (var i = 0; i < text.Length;)
        {
            if (Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length) != System.Buffers.OperationStatus.Done)
            {
                lower.Append(text[i++]);
                continue;
            }
            if (rune.Value == CapitalIWithDot)
                lower.Append("i\u0307");
            else if (rune.Value == CapitalSigma)
                lower.Append((char)(finalSigma && EndsWord(text, i) ? FinalSigma : Sigma));
            else
                lower.Append(Rune.ToLowerInvariant(rune));
            i += length;
        }
        return lower.ToString();
    }

    /// <summary>A cased letter before, none behind; characters that case ignores are looked through on both sides.</summary>
    private static bool EndsWord(string text, int sigma)
    {
        var before = sigma;
        var rune = default(Rune);
        do
        {
            if (before == 0 || Rune.DecodeLastFromUtf16(text.AsSpan(0, before), out rune, out var length) != System.Buffers.OperationStatus.Done)
                return false;
            before -= length;
        }
        while (IsCaseIgnorable(rune));
        if (!IsCased(rune))
            return false;

        var behind = sigma + 1;
        do
        {
            if (behind == text.Length || Rune.DecodeFromUtf16(text.AsSpan(behind), out rune, out var length) != System.Buffers.OperationStatus.Done)
                return true;
            behind += length;
        }
        while (IsCaseIgnorable(rune));
        return !IsCased(rune);
    }

    /// <summary>Property Case_Ignorable: marks, format characters, modifiers, and what may stand inside a word.</summary>
    private static bool IsCaseIgnorable(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || rune.Value is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A;

    /// <summary>Property Cased: the letters with case, and numerals and enclosed letters that have it.</summary>
    private static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || rune.Value is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
}
