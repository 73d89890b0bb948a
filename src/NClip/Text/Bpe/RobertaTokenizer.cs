using NClip.Text.Cleaning;
using NClip.Text.HuggingFace;

namespace NClip.Text.Bpe;

/// <summary>When a blank is put in front of a text, so that its first word gets the id it has in mid-sentence.</summary>
internal enum PrefixSpace
{
    /// <summary>Never: RoBERTa's default.</summary>
    None,

    /// <summary>Unless the text is empty or begins with white space: transformers' Python tokenizers with add_prefix_space.</summary>
    UnlessWhiteSpace,

    /// <summary>Unless the text is empty or begins with a blank: Hugging Face's ByteLevel with add_prefix_space.</summary>
    UnlessBlank,
}

/// <summary>RoBERTa's tokenizer: GPT-2's words, byte-level BPE, no cleaning at all. (openai/gpt-2 encoder.py; transformers tokenization_roberta.py)</summary>
/// <param name="bpe">Vocabulary and merges.</param>
/// <param name="prefixSpace">The blank in front.</param>
/// <param name="added">Tokens found as literals in the text, or null for none.</param>
internal sealed class RobertaTokenizer(ByteLevelBpe bpe, PrefixSpace prefixSpace = PrefixSpace.None, AddedTokens? added = null) : ITokenizer
{
    private readonly AddedTokens _added = added ?? AddedTokens.None;

    /// <summary>Vocabulary and merges.</summary>
    public ByteLevelBpe Bpe => bpe;

    /// <summary>The blank in front.</summary>
    public PrefixSpace PrefixSpace => prefixSpace;

    /// <summary>Tokens found as literals.</summary>
    public AddedTokens Added => _added;

    public int VocabularySize => bpe.VocabularySize;

    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > 0 && prefixSpace switch
        {
            PrefixSpace.UnlessWhiteSpace => !WhiteSpace.IsPython(text[0]),
            PrefixSpace.UnlessBlank => text[0] != ' ',
            _ => false,
        })
        {
            text = " " + text;
        }
        return _added.Encode(text, (part, _, ids) => EncodeWords(part, ids));
    }

    public string Decode(ReadOnlySpan<int> ids) => bpe.Decode(ids, endOfWord: "");

    private void EncodeWords(ReadOnlySpan<char> text, List<int> ids)
    {
        while (!text.IsEmpty)
        {
            var end = Gpt2Words.End(text, 0);
            bpe.Encode(text[..end], ids);
            text = text[end..];
        }
    }
}
