using System.Text;
using NClip.Text.Cleaning;
using NClip.Text.HuggingFace;

namespace NClip.Text.WordPiece;

/// <summary>
/// BERT's tokenizer: words at blanks and punctuation, then the longest known piece from the left, again and again.
/// (google-research/bert tokenization.py; Hugging Face's BertTokenizerFast)
/// </summary>
internal sealed class WordPieceTokenizer : ITokenizer
{
    private readonly string[] _pieces;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _heads;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _tails;
    private readonly int _longest;
    private readonly int _unknown;
    private readonly BertCleaner _cleaner;
    private readonly AddedTokens _added;
    private readonly int _maxWordLength;
    private readonly string _prefix;

    /// <param name="pieces">The vocabulary; a piece's index is its id. Of equal pieces the last counts.</param>
    /// <param name="cleaner">Cleaning before the words are cut.</param>
    /// <param name="added">Tokens found as literals in the text; none in Google's code.</param>
    /// <param name="maxWordLength">Longer words, in code points, are unknown: 200 in Google's code, 100 in Hugging Face's.</param>
    /// <param name="unknown">The piece for words that cannot be put together.</param>
    /// <param name="prefix">What marks a piece inside a word.</param>
    /// <param name="file">Named in errors.</param>
    public WordPieceTokenizer(IReadOnlyList<string> pieces, BertCleaner cleaner, AddedTokens? added = null, int maxWordLength = 100, string unknown = "[UNK]", string prefix = "##", string? file = null)
    {
        _pieces = [.. pieces];
        _cleaner = cleaner;
        _added = added ?? AddedTokens.None;
        _maxWordLength = maxWordLength;
        _prefix = prefix;
        var heads = new Dictionary<string, int>(_pieces.Length, StringComparer.Ordinal);
        var tails = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < _pieces.Length; id++)
        {
            heads[_pieces[id]] = id;
            if (_pieces[id].StartsWith(prefix, StringComparison.Ordinal))
                tails[_pieces[id][prefix.Length..]] = id;
            _longest = Math.Max(_longest, _pieces[id].Length);
        }
        if (!heads.TryGetValue(unknown, out _unknown))
            throw new TokenizerException($"the vocabulary of {_pieces.Length} pieces has no '{Excerpt.Of(unknown)}'; a WordPiece vocabulary needs it for unknown words. Check that this is a BERT vocabulary.", file);
        _heads = heads.GetAlternateLookup<ReadOnlySpan<char>>();
        _tails = tails.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The vocabulary; a piece's index is its id.</summary>
    public IReadOnlyList<string> Pieces => _pieces;

    /// <summary>Cleaning before the words are cut.</summary>
    public BertCleaner Cleaner => _cleaner;

    /// <summary>Tokens found as literals.</summary>
    public AddedTokens Added => _added;

    /// <summary>Longer words, in code points, are unknown.</summary>
    public int MaxWordLength => _maxWordLength;

    /// <summary>What marks a piece inside a word.</summary>
    public string Prefix => _prefix;

    /// <summary>The piece for words that cannot be put together.</summary>
    public string Unknown => _pieces[_unknown];

    public int VocabularySize => _pieces.Length;

    /// <summary>Id of a piece, or null.</summary>
    public int? IdOf(string piece) => _heads.TryGetValue(piece, out var id) ? id : null;

    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _added.Encode(Surrogates.Mend(text), (part, _, ids) => EncodeWords(_cleaner.Clean(part), ids));
    }

    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            var piece = (uint)id < (uint)_pieces.Length ? _pieces[id] : "\uFFFD";
            if (text.Length > 0 && piece.StartsWith(_prefix, StringComparison.Ordinal))
                text.Append(piece, _prefix.Length, piece.Length - _prefix.Length);
            else
                text.Append(text.Length > 0 ? " " : "").Append(piece);
        }
        return text.ToString();
    }

    private void EncodeWords(string text, List<int> ids)
    {
        var word = 0;
        for (var i = 0; i < text.Length;)
        {
            _ = Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out var length);
            var space = WhiteSpace.IsUnicode(rune.Value);
            if (space || BertCleaner.IsPunctuation(rune))
            {
                EncodeWord(text.AsSpan(word, i - word), ids);
                if (!space)
                    EncodeWord(text.AsSpan(i, length), ids);
                word = i + length;
            }
            i += length;
        }
        EncodeWord(text.AsSpan(word), ids);
    }

    internal void EncodeWord(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.IsEmpty)
            return;
        var known = ids.Count;
        if (word.Length > _maxWordLength && CodePoints(word) > _maxWordLength)
        {
            ids.Add(_unknown);
            return;
        }
        for (var start = 0; start < word.Length;)
        {
            var pieces = start == 0 ? _heads : _tails;
            var end = Math.Min(word.Length, start + _longest);
            int id;
            while (!pieces.TryGetValue(word[start..end], out id))
            {
                // Half a surrogate pair is in no vocabulary, so stepping by units finds what stepping by code points does.
                if (--end == start)
                {
                    // One unmatched part makes the whole word unknown.
                    ids.RemoveRange(known, ids.Count - known);
                    ids.Add(_unknown);
                    return;
                }
            }
            ids.Add(id);
            start = end;
        }
    }

    private static int CodePoints(ReadOnlySpan<char> word)
    {
        var count = 0;
        foreach (var c in word)
            count += char.IsLowSurrogate(c) ? 0 : 1;
        return count;
    }
}
