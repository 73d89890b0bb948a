namespace NClip.Text.SentencePiece;

/// <summary>Byte-pair merges by score: the best adjacent pair first, the leftmost of equal ones. (google/sentencepiece bpe_model.cc)</summary>
internal sealed class SentencePieceBpe : ISegmenter
{
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _ids;
    private readonly ByteTrie? _userDefined;
    private readonly List<Piece> _pieces;
    private readonly int _unknownId;

    /// <param name="model">Pieces and scores.</param>
    /// <param name="userDefined">Symbols that are found first and never merge, or null.</param>
    public SentencePieceBpe(SentencePieceModel model, ByteTrie? userDefined)
    {
        _pieces = model.Pieces;
        _userDefined = userDefined;
        _unknownId = model.UnknownId;
        var ids = new Dictionary<byte[], int>(_pieces.Count, new Utf8.Comparer());
        for (var id = 0; id < _pieces.Count; id++)
        {
            if (_pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined or PieceKind.Unused)
                ids[_pieces[id].Bytes] = id;
        }
        _ids = ids.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public void Segment(ReadOnlySpan<byte> text, List<Segment> segments)
    {
        var symbols = Split(text);
        var queue = new PriorityQueue<(int Left, int Right, int Length), (float Score, int Left)>(MergeOrder.Instance);
        // How an unused piece came about: it takes part in merges but is undone in the result.
        var unused = new Dictionary<(int Start, int Length), int>();

        for (var i = 1; i < symbols.Count; i++)
            Offer(text, symbols, i - 1, i, queue, unused);
        while (queue.TryDequeue(out var merge, out _))
        {
            var (left, right, length) = merge;
            var (a, b) = (symbols[left], symbols[right]);
            if (a.Length == 0 || b.Length == 0 || a.Length + b.Length != length)
                continue;
            symbols[left] = a with { Length = length, Next = b.Next };
            symbols[right] = b with { Length = 0 };
            if (b.Next >= 0)
                symbols[b.Next] = symbols[b.Next] with { Previous = left };
            Offer(text, symbols, a.Previous, left, queue, unused);
            Offer(text, symbols, left, b.Next, queue, unused);
        }

        for (var i = symbols.Count > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
        {
            if (unused.Count > 0)
                Emit(text, symbols[i].Start, symbols[i].Length, unused, segments);
            else
                segments.Add(new Segment(symbols[i].Start, symbols[i].Length, IdOf(text.Slice(symbols[i].Start, symbols[i].Length))));
        }
    }

    private List<Symbol> Split(ReadOnlySpan<byte> text)
    {
        var symbols = new List<Symbol>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var fixedLength = _userDefined?.LongestPrefix(text[i..]) ?? 0;
            var length = fixedLength > 0 ? fixedLength : Utf8.Length(text[i], text.Length - i);
            symbols.Add(new Symbol(i, length, symbols.Count - 1, i + length == text.Length ? -1 : symbols.Count + 1, fixedLength > 0));
            i += length;
        }
        return symbols;
    }

    private void Offer(
        ReadOnlySpan<byte> text,
        List<Symbol> symbols,
        int left,
        int right,
        PriorityQueue<(int Left, int Right, int Length), (float Score, int Left)> queue,
        Dictionary<(int Start, int Length), int> unused)
    {
        if (left < 0 || right < 0 || symbols[left].Fixed || symbols[right].Fixed)
            return;
        var (start, length) = (symbols[left].Start, symbols[left].Length + symbols[right].Length);
        if (!_ids.TryGetValue(text.Slice(start, length), out var id))
            return;
        queue.Enqueue((left, right, length), (_pieces[id].Score, left));
        if (_pieces[id].Kind == PieceKind.Unused)
            unused[(start, length)] = symbols[left].Length;
    }

    private void Emit(ReadOnlySpan<byte> text, int start, int length, Dictionary<(int Start, int Length), int> unused, List<Segment> segments)
    {
        var open = new Stack<(int Start, int Length)>([(start, length)]);
        while (open.TryPop(out var piece))
        {
            (start, length) = piece;
            if (unused.TryGetValue(piece, out var left))
            {
                open.Push((start + left, length - left));
                open.Push((start, left));
                continue;
            }
            segments.Add(new Segment(start, length, IdOf(text.Slice(start, length))));
        }
    }

    private int IdOf(ReadOnlySpan<byte> piece) => _ids.TryGetValue(piece, out var id) ? id : _unknownId;

    /// <summary>A stretch of the text; merged away when its length is 0. Fixed: a user-defined symbol.</summary>
    private readonly record struct Symbol(int Start, int Length, int Previous, int Next, bool Fixed);

    private sealed class MergeOrder : IComparer<(float Score, int Left)>
    {
        public static MergeOrder Instance { get; } = new();

        public int Compare((float Score, int Left) x, (float Score, int Left) y) =>
            x.Score != y.Score ? y.Score.CompareTo(x.Score) : x.Left.CompareTo(y.Left);
    }
}
