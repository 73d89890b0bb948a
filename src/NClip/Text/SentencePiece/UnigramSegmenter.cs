namespace NClip.Text.SentencePiece;

/// <summary>Cuts normalized UTF-8 into pieces.</summary>
internal interface ISegmenter
{
    /// <summary>Appends the pieces in order. A run of unknown characters may come as one piece or as several.</summary>
    void Segment(ReadOnlySpan<byte> text, List<Segment> segments);
}

/// <summary>Bytes [Start, Start + Length) are the piece Id.</summary>
internal readonly record struct Segment(int Start, int Length, int Id);

/// <summary>The most probable segmentation under a unigram model, by Viterbi over byte positions. (Kudo 2018; google/sentencepiece unigram_model.cc)</summary>
internal sealed class UnigramSegmenter : ISegmenter
{
    /// <summary>What an unknown character costs below the rarest piece.</summary>
    private const float UnknownPenalty = 10;

    /// <summary>Texts of fewer bytes than this need no memory of their own: where a tokenizer.json cuts words, each is one.</summary>
    private const int ShortText = 64;

    /// <summary>C's FLT_MIN.</summary>
    private const float SmallestNormal = 1.17549435e-38f;

    private readonly ByteTrie _trie;
    private readonly double[] _scores;
    private readonly int _unknownId;
    private readonly double _unknownScore;
    private readonly bool _single;

    /// <param name="entries">Usable pieces with their ids.</param>
    /// <param name="scores">Score of each id.</param>
    /// <param name="lowestScore">The lowest score of an ordinary piece.</param>
    /// <param name="unknownId">Id for characters that no piece covers.</param>
    /// <param name="single">
    /// Sums are kept as float but compared before they are rounded, as SentencePiece's (of splits that score the same on paper, this decides);
    /// false: double throughout, as those of Hugging Face's tokenizers.
    /// </param>
    public UnigramSegmenter(IEnumerable<KeyValuePair<byte[], int>> entries, double[] scores, double lowestScore, int unknownId, bool single)
    {
        _trie = new ByteTrie(entries);
        _scores = scores;
        _unknownId = unknownId;
        _single = single;
        _unknownScore = Kept(lowestScore - UnknownPenalty);
    }

    public static UnigramSegmenter From(SentencePieceModel model)
    {
        var ordinary = model.Pieces.Where(p => p.Kind == PieceKind.Normal).ToArray();
        var lowest = ordinary.Min(p => p.Score);
        // The original looks for the highest from the smallest positive float up, so where all scores are negative it is that one.
        var highest = Math.Max(SmallestNormal, ordinary.Max(p => p.Score));
        var scores = model.Pieces.Select(p => p.Kind == PieceKind.UserDefined ? p.Bytes.Length * highest - 0.1 : p.Score).ToArray();
        var usable = model.Pieces.Index()
            .Where(p => p.Item.Kind is PieceKind.Normal or PieceKind.UserDefined)
            .Select(p => KeyValuePair.Create(p.Item.Bytes, p.Index));
        return new UnigramSegmenter(usable, scores, lowest, model.UnknownId, single: true);
    }

    public void Segment(ReadOnlySpan<byte> text, List<Segment> segments)
    {
        Span<(double Score, int From, int Id)> best = text.Length < ShortText ? stackalloc (double, int, int)[ShortText] : new (double, int, int)[text.Length + 1];
        best[0] = default;
        best[1..(text.Length + 1)].Fill((0, -1, -1));
        for (var i = 0; i < text.Length;)
        {
            var character = Utf8.Length(text[i], text.Length - i);
            var soFar = best[i].Score;
            var covered = false;
            var node = ByteTrie.Root;
            for (var end = i; end < text.Length && (node = _trie.Child(node, text[end])) > 0; end++)
            {
                var id = _trie.Value(node);
                if (id < 0)
                    continue;
                Offer(best, i, end + 1, id, _scores[id] + soFar);
                covered |= end + 1 - i == character;
            }
            if (!covered)
                Offer(best, i, i + character, _unknownId, Kept(_unknownScore + soFar)); // float throughout
            i += character;
        }

        var first = segments.Count;
        for (var end = text.Length; end > 0; end = best[end].From)
            segments.Add(new Segment(best[end].From, end - best[end].From, best[end].Id));
        segments.Reverse(first, segments.Count - first);
    }

    /// <summary>Keeps the better way to a position; of equal ones the first found.</summary>
    private void Offer(Span<(double Score, int From, int Id)> best, int from, int end, int id, double score)
    {
        if (best[end].From < 0 || score > best[end].Score)
            best[end] = (Kept(score), from, id);
    }

    private double Kept(double score) => _single ? (float)score : score;
}
