using System.Globalization;
using System.Text;

namespace NClip.Text.Cleaning;

/// <summary>Whose reading of BERT's rules: they differ in five small places.</summary>
internal enum BertRules
{
    /// <summary>google-research/bert, and Chinese-CLIP's copy of it.</summary>
    Google,

    /// <summary>Hugging Face's BertNormalizer: lower-case per code point after the accents are gone, private use dropped, CJK extension E from U+2B920 on.</summary>
    HuggingFace,

    /// <summary>transformers' BasicTokenizer: unassigned code points go too.</summary>
    HuggingFaceSlow,
}

/// <summary>BERT's text cleaning, by code points: control characters out, blanks round CJK ideographs, lower case, accents off.</summary>
/// <param name="Rules">Google's or Hugging Face's.</param>
/// <param name="Lower">Lower-case the text.</param>
/// <param name="StripAccents">Decompose and drop the marks.</param>
/// <param name="SplitCjk">Every CJK ideograph is a word.</param>
/// <param name="DropControls">Drop control and format characters, make all white space a blank.</param>
internal sealed record BertCleaner(BertRules Rules, bool Lower = true, bool StripAccents = true, bool SplitCjk = true, bool DropControls = true)
{
    public string Clean(string text)
    {
        text = Separate(text);
        if (Rules == BertRules.Google)
            return Strip(Lower ? LowerCase.Words(text) : text);
        text = Strip(text);
        return Lower ? LowerCase.Characters(text) : text;
    }

    /// <summary>All ASCII that is not a letter, digit, blank or control, and Unicode's P categories.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value > 0x20 && rune.Value < 0x7F && !char.IsAsciiLetterOrDigit((char)rune.Value)
        : Rune.GetUnicodeCategory(rune) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;

    /// <summary>Drops the non-spacing marks of a decomposed text.</summary>
    private static string WithoutMarks(string text)
    {
        if (Ascii.IsValid(text))
            return text;
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
                result.Append(rune);
        }
        return result.ToString();
    }

    private string Separate(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var result = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            var c = rune.Value;
            if (DropControls && IsSpace(rune))
                result.Append(' ');
            else if (DropControls && IsDropped(rune))
                continue;
            else if (SplitCjk && IsCjk(c))
                result.Append(' ').Append(rune).Append(' ');
            else
                result.Append(rune);
        }
        return result.ToString();
    }

    private static bool IsSpace(Rune rune) => rune.Value is ' ' or '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune) == UnicodeCategory.SpaceSeparator;

    private bool IsDropped(Rune rune) => rune.Value is 0 or 0xFFFD || Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format => true,
        UnicodeCategory.PrivateUse => Rules != BertRules.Google,
        UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate => Rules == BertRules.HuggingFaceSlow,
        _ => false,
    };

    private bool IsCjk(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F)
        || c <= 0x2CEAF && c >= (Rules == BertRules.HuggingFace ? 0x2B920 : 0x2B820);

    private string Strip(string text) => StripAccents ? WithoutMarks(UnicodeNormalization.Decompose(text)) : text;
}
