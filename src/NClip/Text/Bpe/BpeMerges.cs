using System.Runtime.InteropServices;

namespace NClip.Text.Bpe;

/// <summary>The merges of a byte-pair encoding, on ids: the earliest learnt pair first, the leftmost of equal ones. (Sennrich et al. 2016)</summary>
/// <param name="capacity">How many merges are to come; more may.</param>
internal sealed class BpeMerges(int capacity = 0)
{
    /// <summary>Words up to this many symbols are merged by looking through all pairs each time: quadratic, but with nothing to set up.</summary>
    internal const int ShortWord = 64;

    private readonly MergeTable _ranks = new(capacity);
    private readonly List<int> _results = new(capacity);

    /// <summary>Adds the next pair in order of learning; a pair that is there already keeps its place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more than two million ids or four million merges.</exception>
    public void Add(int left, int right, int result)
    {
        _ranks.Add(left, right, _results.Count);
        _results.Add(result);
    }

    /// <summary>Adds pairs of tokens in order of learning.</summary>
    /// <param name="pairs">The pairs; what they merge to is spelt as both together.</param>
    /// <param name="idOf">Id of a token; throws where there is none.</param>
    /// <param name="file">Named in errors.</param>
    /// <exception cref="TokenizerException">There are more ids or merges than are read.</exception>
    public void AddAll(IEnumerable<(string Left, string Right)> pairs, Func<string, int> idOf, string? file)
    {
        try
        {
            foreach (var (left, right) in pairs) Add(idOf(left), idOf(right), idOf(left + right));
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new TokenizerException($"at most {MergeTable.MaxIds} ids and {MergeTable.MaxMerges} merges are read; the file has more. Check that this is the tokenizer's file.", file, e);
        }
    }

    /// <summary>The pairs in order of learning.</summary>
    public IEnumerable<(int Left, int Right)> Pairs() => _ranks.Pairs();

    /// <summary>Merges in place until no known pair is left. Gives how many symbols remain, at the beginning.</summary>
    public int Apply(Span<int> symbols) => symbols.Length <= ShortWord ? ApplyShort(symbols) : ApplyLong(symbols);

    private int ApplyShort(Span<int> symbols)
    {
        const int none = int.MaxValue;
        var n = symbols.Length;
        var results = CollectionsMarshal.AsSpan(_results);
        Span<int> ranks = stackalloc int[ShortWord]; // of the pair that begins here
        for (var i = 0; i + 1 < n; i++) ranks[i] = RankAt(symbols, i);
        while (n > 1)
        {
            var (best, at) = (none, 0);
            for (var i = 0; i + 1 < n; i++)
                if (ranks[i] < best) (best, at) = (ranks[i], i);
            if (best == none) break;
            symbols[at] = results[best];
            n--;
            symbols.Slice(at + 2, n - at - 1).CopyTo(symbols[(at + 1)..]);
            ranks.Slice(at + 1, n - at - 1).CopyTo(ranks[at..]);
            if (at > 0) ranks[at - 1] = RankAt(symbols, at - 1);
            if (at + 1 < n) ranks[at] = RankAt(symbols, at);
        }
        return n;

        int RankAt(Span<int> symbols, int i) => _ranks.Rank(symbols[i], symbols[i + 1]) is >= 0 and var rank ? rank : none;
    }

    // Pairs wait in a queue by rank, then place; a merge takes its pair out and puts its new neighbours in: n log n.
    private int ApplyLong(Span<int> word)
    {
        var (n, symbols) = (word.Length, word.ToArray());
        var (next, previous) = (new int[n], new int[n]);
        for (var i = 0; i < n; i++) (next[i], previous[i]) = (i + 1, i - 1);
        var queue = new PriorityQueue<(int At, int Left, int Right), long>(n);
        for (var i = 0; i < n - 1; i++) Offer(i);
        while (queue.TryDequeue(out var pair, out var order))
        {
            var (at, right) = (pair.At, next[pair.At]);
            if (symbols[at] != pair.Left || right >= n || symbols[right] != pair.Right) continue; // one of them has been merged since
            symbols[at] = _results[(int)(order >> 32)];
            symbols[right] = -1;
            next[at] = next[right];
            if (next[at] < n) previous[next[at]] = at;
            Offer(previous[at]);
            Offer(at);
        }
        var kept = 0;
        foreach (var s in symbols)
            if (s >= 0) word[kept++] = s;
        return kept;

        void Offer(int at)
        {
            if (at >= 0 && next[at] < n && _ranks.Rank(symbols[at], symbols[next[at]]) is >= 0 and var rank)
                queue.Enqueue((at, symbols[at], symbols[next[at]]), ((long)rank << 32) | (uint)at);
        }
    }
}
