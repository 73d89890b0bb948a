using System.Collections.Concurrent;
using NClip.Text.Cleaning;
using NClip.Text.WordPiece;

namespace NClip.Training.Tokenizers;

/// <summary>Texts to the text tower's rows: [CLS], the pieces, [SEP], cut to the context. Every text is encoded once.</summary>
internal sealed class RowEncoder(IReadOnlyList<string> vocabulary, int context)
{
    /// <summary>BERT's rules for uncased text: accents off, each ideograph and punctuation mark a word.</summary>
    public static readonly BertCleaner Cleaner = new(BertRules.Google);

    private readonly WordPieceTokenizer _tokenizer = new(vocabulary, Cleaner);
    private readonly ConcurrentDictionary<string, int[]> _rows = new();

    public int[] Encode(string text) => _rows.GetOrAdd(text, t =>
    {
        var ids = _tokenizer.Encode(t);
        return [2, .. ids.AsSpan(0, Math.Min(ids.Length, context - 2)), 3];
    });
}
