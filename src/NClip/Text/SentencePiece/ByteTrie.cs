namespace NClip.Text.SentencePiece;

/// <summary>A prefix tree of byte strings; the children of a node lie side by side, ordered by their byte.</summary>
internal sealed class ByteTrie
{
    public const int Root = 0;

    private readonly List<byte> _bytes = [0];
    private readonly List<int> _firstChild = [];
    private readonly List<int> _values = [];

    /// <param name="entries">Byte strings, none empty and none twice, with values of 0 or more.</param>
    public ByteTrie(IEnumerable<KeyValuePair<byte[], int>> entries)
    {
        var sorted = entries.ToArray();
        Array.Sort(sorted, (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));

        // Breadth first, so that a node's children end where the next node's begin.
        var ranges = new Queue<(int Start, int End, int Depth)>();
        ranges.Enqueue((0, sorted.Length, 0));
        while (ranges.TryDequeue(out var range))
        {
            var (at, end, depth) = range;
            _firstChild.Add(_bytes.Count);
            _values.Add(-1);
            if (at < end && sorted[at].Key.Length == depth)
                _values[^1] = sorted[at++].Value;
            while (at < end)
            {
                var start = at;
                var next = sorted[at].Key[depth];
                while (at < end && sorted[at].Key[depth] == next)
                    at++;
                _bytes.Add(next);
                ranges.Enqueue((start, at, depth + 1));
            }
        }
        _firstChild.Add(_bytes.Count);
    }

    /// <summary>The child of <paramref name="node"/> for a byte, or -1.</summary>
    public int Child(int node, byte next)
    {
        int low = _firstChild[node], high = _firstChild[node + 1] - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var b = _bytes[middle];
            if (b == next)
                return middle;
            if (b < next)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }

    /// <summary>The value of the string that ends at a node, or -1.</summary>
    public int Value(int node) => _values[node];

    /// <summary>Length of the longest string that <paramref name="text"/> begins with, or 0.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text)
    {
        int node = Root, longest = 0;
        for (var i = 0; i < text.Length && (node = Child(node, text[i])) > 0; i++)
        {
            if (_values[node] >= 0)
                longest = i + 1;
        }
        return longest;
    }
}
