using NClip.Text.Cleaning;
using NClip.Text.SentencePiece;

namespace NClip.Text.HuggingFace;

/// <summary>Cleans, then lets another tokenizer encode.</summary>
/// <param name="tokenizer">The other.</param>
/// <param name="cleaning">One of open_clip's names, <see cref="LowerCharacters"/> or <see cref="Siglip"/>.</param>
internal sealed class CleanedTokenizer(ITokenizer tokenizer, string cleaning) : ITokenizer
{
    /// <summary>Lower case per code point (SigLIP 2), and SigLIP's rules.</summary>
    public const string LowerCharacters = "lower characters", Siglip = "siglip";

    private readonly Func<string, string> _clean = cleaning switch
    {
        LowerCharacters => LowerCase.Characters,
        Siglip => SiglipTokenizer.Clean,
        _ => TextCleaner.OpenClip(cleaning).Clean,
    };

    /// <summary>The other.</summary>
    public ITokenizer Tokenizer => tokenizer;

    /// <summary>The cleaning by its name.</summary>
    public string Cleaning => cleaning;

    public int VocabularySize => tokenizer.VocabularySize;

    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return tokenizer.Encode(_clean(text));
    }

    public string Decode(ReadOnlySpan<int> ids) => tokenizer.Decode(ids);
}
