using System.Numerics;
using System.Runtime.CompilerServices;

namespace NClip.Search.Vectors;

/// <summary>The best so many of what it is shown: a heap whose worst is on top.</summary>
internal sealed class TopHits(int count)
{
    private readonly RowHit[] _heap = new RowHit[count];
    private int _filled;

    /// <summary>A score must be above this to count.</summary>
    public float Worst { get; private set; } = float.NegativeInfinity;

    /// <summary>Whether it has as many as it wants.</summary>
    public bool IsFull => _filled == _heap.Length;

    /// <summary>Takes a row if it is among the best.</summary>
    public void Add(in RowHit hit)
    {
        if (_filled < _heap.Length)
        {
            _heap[_filled] = hit;
            Rise(_filled++);
        }
        else if (_heap.Length > 0 && hit.CompareTo(_heap[0]) < 0)
        {
            _heap[0] = hit;
            Sink();
        }
        if (_filled == _heap.Length && _filled > 0) Worst = _heap[0].Score;
    }

    /// <summary>Takes those of rows that lie side by side which are among the best.</summary>
    /// <param name="scores">Of each.</param>
    /// <param name="segment">Their segment.</param>
    /// <param name="first">The first one's number.</param>
    /// <param name="mask">Rows that are meant; null: all.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<float> scores, long segment, int first, RowMask? mask)
    {
        for (var i = 0; i < scores.Length;)
        {
            var end = Math.Min(scores.Length, i + Vector<float>.Count);
            if (end - i == Vector<float>.Count && !Vector.GreaterThanOrEqualAny(new Vector<float>(scores[i..]), new Vector<float>(Worst))) i = end; // nearly always
            for (; i < end; i++)
                if (scores[i] >= Worst && mask?[first + i] != false) Add(new RowHit(scores[i], segment, first + i));
        }
    }

    /// <summary>Takes what another has.</summary>
    public void Add(TopHits other)
    {
        foreach (var hit in other._heap.AsSpan(0, other._filled)) Add(hit);
    }

    /// <summary>What it has, best first.</summary>
    public RowHit[] Sorted()
    {
        var all = _heap[.._filled];
        Array.Sort(all);
        return all;
    }

    private void Rise(int i)
    {
        while (i > 0 && _heap[i].CompareTo(_heap[(i - 1) / 2]) > 0)
        {
            (_heap[i], _heap[(i - 1) / 2]) = (_heap[(i - 1) / 2], _heap[i]);
            i = (i - 1) / 2;
        }
    }

    private void Sink()
    {
        for (var i = 0; ;)
        {
            var worst = i;
            for (var child = (2 * i) + 1; child <= (2 * i) + 2 && child < _filled; child++)
                if (_heap[child].CompareTo(_heap[worst]) > 0) worst = child;
            if (worst == i) return;
            (_heap[i], _heap[worst]) = (_heap[worst], _heap[i]);
            i = worst;
        }
    }
}
