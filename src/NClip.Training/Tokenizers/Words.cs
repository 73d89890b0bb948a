using System.Text;
using NClip.Text.Cleaning;

namespace NClip.Training.Tokenizers;

/// <summary>The words that WordPiece cuts into pieces: between blanks, each punctuation mark and each ideograph one of its own.</summary>
internal static class Words
{
    public static IEnumerable<string> Of(string text)
    {
        var word = new StringBuilder();
        foreach (var rune in RowEncoder.Cleaner.Clean(text).EnumerateRunes())
        {
            var punctuation = BertCleaner.IsPunctuation(rune);
            if ((punctuation || Rune.IsWhiteSpace(rune)) && word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
            if (punctuation) yield return rune.ToString();
            else if (!Rune.IsWhiteSpace(rune)) word.Append(rune.ToString());
        }
        if (word.Length > 0) yield return word.ToString();
    }
}
