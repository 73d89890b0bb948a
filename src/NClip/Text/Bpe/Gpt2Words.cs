using NClip.Text.Cleaning;

namespace NClip.Text.Bpe;

/// <summary>
/// Words of GPT-2 and RoBERTa: a contraction, or letters, digits or other characters with one blank before them, or white space.
/// The reference's expression (openai/gpt-2 encoder.py) is walked by code point, which .NET's Regex cannot.
/// </summary>
internal static class Gpt2Words
{
    /// <summary>End of the word that begins at <paramref name="start"/>, which must be inside the text.</summary>
    public static int End(ReadOnlySpan<char> text, int start)
    {
        var contraction = Contraction(text[start..]);
        if (contraction > 0)
            return start + contraction;

        // One blank goes with the word behind it.
        var first = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var kind = CharacterKinds.At(text, first, out _);
        if (kind != CharacterKind.Space)
            return CharacterKinds.RunEnd(text, first, kind);

        // The last blank of a run is left to the next word, if there is one.
        var end = CharacterKinds.RunEnd(text, start, CharacterKind.Space);
        return end < text.Length && end - start > 1 ? end - 1 : end;
    }

    /// <summary>Length of the contraction that the text begins with, or 0. Case-sensitive, unlike OpenAI's CLIP.</summary>
    public static int Contraction(ReadOnlySpan<char> text) => text switch
    {
        ['\'', 's' or 't' or 'm' or 'd', ..] => 2,
        ['\'', 'r', 'e', ..] or ['\'', 'v', 'e', ..] or ['\'', 'l', 'l', ..] => 3,
        _ => 0,
    };
}
