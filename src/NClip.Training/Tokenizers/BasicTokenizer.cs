using System.Globalization;
using System.Text;

namespace NClip.Training.Tokenizers;

/// <summary>BERT's first step: lower case, accents off, Chinese characters and punctuation each a word of its own.</summary>
internal static class BasicTokenizer
{
    public static List<string> Split(string text)
    {
        var (words, word) = (new List<string>(), new StringBuilder());
        void Flush() { if (word.Length > 0) { words.Add(word.ToString()); word.Clear(); } }
        foreach (var rune in text.ToLowerInvariant().Normalize(NormalizationForm.FormD).EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (category == UnicodeCategory.NonSpacingMark || rune.Value is 0 or 0xfffd) continue;
            if (Rune.IsWhiteSpace(rune)) Flush();
            else if (category is UnicodeCategory.Control or UnicodeCategory.Format) continue;
            else if (IsChinese(rune.Value) || IsPunctuation(rune, category)) { Flush(); words.Add(rune.ToString()); }
            else word.Append(rune.ToString());
        }
        Flush();
        return words;
    }

    private static bool IsPunctuation(Rune r, UnicodeCategory c)
        => r.Value is >= 33 and <= 47 or >= 58 and <= 64 or >= 91 and <= 96 or >= 123 and <= 126
        || c is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;

    private static bool IsChinese(int c) => c is >= 0x4e00 and <= 0x9fff or >= 0x3400 and <= 0x4dbf or >= 0x20000 and <= 0x2a6df or >= 0x2a700 and <= 0x2b73f or >= 0x2b740 and <= 0x2b81f or >= 0x2b820 and <= 0x2ceaf or >= 0xf900 and <= 0xfaff or >= 0x2f800 and <= 0x2fa1f;
}
