namespace NClip.Text;

/// <summary>The merges of a byte-pair encoding, on ids: the earliest learnt pair first, the leftmost of equal ones. (Sennrich et al. 2016)</summary>
internal sealed class BpeMerges
{
    private readonly Dictionary<long, (int Rank, int Id)> _merges = [];

    /// <summary>Adds the next pair in order of learning; a pair that is there already keeps its place.</summary>
    public void Add(int left, int right, int result) => _merges.TryAdd(Key(left, right), (_merges.Count, result));

    /// <summary>Merges until no known pair is left. The argument is used up.</summary>
    public int[] Apply(int[] symbols)
    {
        if (symbols.Length < 2)
            return symbols;
        // Pairs wait in a queue by rank, then place; a merge takes its pair out and puts its new neighbours in: n log n, where
        // looking through all pairs each time is quadratic.
        var n = symbols.Length;
        var (next, previous) = (new int[n], new int[n]);
        for (var i = 0; i < n; i++)
            (next[i], previous[i]) = (i + 1, i - 1);
        var queue = new PriorityQueue<(int At, int Left, int Right), long>(n);

        void Offer(int at)
        {
            if (at >= 0 && next[at] < n && _merges.TryGetValue(Key(symbols[at], symbols[next[at]]), out var merge))
                queue.Enqueue((at, symbols[at], symbols[next[at]]), ((long)merge.Rank << 32) | (uint)at);
        }

        for (var i = 0; i < n - 1; i++)
            Offer(i);
        while (queue.TryDequeue(out var pair, out _))
        {
            var (at, right) = (pair.At, next[pair.At]);
            // One of the two has been merged since.
            if (symbols[at] != pair.Left || right >= n || symbols[right] != pair.Right)
                continue;
            symbols[at] = _merges[Key(pair.Left, pair.Right)].Id;
            symbols[right] = -1;
            next[at] = next[right];
            if (next[at] < n)
                previous[next[at]] = at;
            Offer(previous[at]);
            Offer(at);
        }
        return [.. symbols.Where(s => s >= 0)];
    }

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}
