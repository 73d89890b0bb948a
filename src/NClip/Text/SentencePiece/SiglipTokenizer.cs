using System.Text;
using NClip.Text.Cleaning;
using NClip.Text.HuggingFace;

namespace NClip.Text.SentencePiece;

/// <summary>
/// SigLIP's tokenizer as transformers' (slow) SiglipTokenizer runs it: lower case per code point, the literal end and unknown tokens are tokens,
/// ASCII punctuation deleted, white space collapsed, and SentencePiece with the blank in front of the whole text only.
/// (huggingface/transformers tokenization_siglip.py)
/// </summary>
internal sealed class SiglipTokenizer : ITokenizer
{
    /// <summary>Put in front of every part and cut off again, so that the part's own beginning is not taken for the text's.</summary>
    private const string Guard = "<unk>";

    private readonly SentencePieceTokenizer _pieces;
    private readonly AddedTokens _special;
    private readonly int _endId;
    private readonly int? _blankId;
    private readonly int _guardLength;

    public SiglipTokenizer(SentencePieceModel model)
    {
        _pieces = new SentencePieceTokenizer(model, dummyPrefix: false);
        _endId = model.EndId ?? throw new TokenizerException("the model has no end token; a SigLIP model has '</s>'. Check that the file belongs to a SigLIP model.", model.File);
        _special = new AddedTokens([
            new AddedToken(_endId, model.Pieces[_endId].Text, StripLeft: true, StripRight: true),
            new AddedToken(model.UnknownId, model.Pieces[model.UnknownId].Text, StripLeft: true, StripRight: true),
        ]);
        var blank = model.Pieces.FindIndex(p => p.Kind == PieceKind.Normal && p.Bytes.AsSpan().SequenceEqual("\u2581"u8));
        _blankId = blank >= 0 ? blank : null;
        _guardLength = _pieces.Encode(Guard).Length;
    }

    /// <summary>Its pieces, without the rules around them.</summary>
    public SentencePieceTokenizer Pieces => _pieces;

    /// <summary>Tokens found as literals.</summary>
    public AddedTokens Special => _special;

    public int VocabularySize => _pieces.VocabularySize;

    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = LowerCase.Characters("\u2581" + text.Replace('\u2581', ' '));
        var ids = new List<int>();
        var parts = _special.Split(text);
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Id is { } id)
                ids.Add(id);
            else
                ids.AddRange(_pieces.Encode(Guard + Canonical(text.AsSpan(parts[i].Start, parts[i].Length))).AsSpan(_guardLength));
            // The blank in front of everything means nothing before a special token.
            if (i == 0 && parts.Count > 1 && ids.Count == 1 && ids[0] == _blankId)
                ids.Clear();
        }
        // A text that ends in the end token gets no second one.
        if (ids.Count > 0 && ids[^1] == _endId)
            ids.RemoveAt(ids.Count - 1);
        return [.. ids];
    }

    public string Decode(ReadOnlySpan<int> ids) => _pieces.Decode(ids);

    /// <summary>Its cleaning alone, for the same vocabulary in another file format.</summary>
    public static string Clean(string text) => Canonical(LowerCase.Characters(text));

    /// <summary>Without ASCII punctuation, white space as single blanks and none at the ends.</summary>
    private static string Canonical(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (WhiteSpace.IsPython(c))
                result.Append(result.Length > 0 && result[^1] != ' ' ? " " : "");
            else if (!char.IsAscii(c) || !char.IsPunctuation(c) && !char.IsSymbol(c))
                result.Append(c);
        }
        return result.ToString().TrimEnd(' ');
    }
}
