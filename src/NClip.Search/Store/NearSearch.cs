using System.Numerics.Tensors;
using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <summary>Best rows by a graph: its candidates and the rows behind it, both scored by their vectors.</summary>
internal sealed class NearSearch(string gallery, NearGraph graph, int dimension) : IDisposable
{
    private readonly UsearchIndex _index = UsearchIndex.ToSearch(dimension, Path.Combine(NearGraph.Folder(gallery), graph.File));

    /// <summary>What it was opened from.</summary>
    public NearGraph Graph => graph;

    /// <summary>For each query the best rows, best first.</summary>
    /// <param name="segments">Rows that count.</param>
    /// <param name="queries">[N, D].</param>
    /// <param name="top">How many.</param>
    /// <param name="cancellation">Ends it.</param>
    public RowHit[][] Best(IReadOnlyList<SegmentRows> segments, Matrix queries, int top, CancellationToken cancellation)
    {
        var behind = segments.Where(s => Covered(s) < s.Rows).Select(s => s with { Mask = From(s, Covered(s)) }).ToArray();
        var rest = ExactScan.Best(behind, queries, top, cancellation);
        var byId = segments.ToDictionary(s => s.Reader.Layout.Id);
        var gone = Math.Max(0, _index.Count - segments.Sum(s => (s.Mask?.Count ?? s.Rows) - (long)behind.Where(b => b.Reader == s.Reader).Sum(b => b.Count)));
        var wanted = (int)Math.Min(_index.Count, top + (top * gone / Math.Max(1, _index.Count)) + 32); // some of the nearest may be dead
        return [.. Enumerable.Range(0, queries.Rows).Select(q => Merged(Candidates(byId, queries.Row(q), wanted), rest[q], top))];
    }

    /// <inheritdoc/>
    public void Dispose() => _index.Dispose();

    private int Covered(SegmentRows s) => graph.Covers.GetValueOrDefault(s.Reader.Layout.Id);

    private static RowMask From(SegmentRows s, int first)
    {
        var mask = RowMask.None(s.Rows);
        for (var row = first; row < s.Rows; row++)
            if (s.Mask is null || s.Mask[row]) mask.Add(row);
        return mask;
    }

    private RowHit[] Candidates(Dictionary<long, SegmentRows> segments, ReadOnlySpan<float> query, int count)
    {
        var (hits, vector) = (new List<RowHit>(count), new float[query.Length]);
        foreach (var key in _index.Nearest(query, count))
        {
            var (id, row) = NearGraph.Place(key);
            if (!segments.TryGetValue(id, out var s) || row >= s.Rows || (s.Mask is { } mask && !mask[row])) continue;
            s.Reader.Vector(row, vector);
            hits.Add(new RowHit(TensorPrimitives.Dot(query, vector), id, row));
        }
        return [.. hits];
    }

    private static RowHit[] Merged(RowHit[] a, RowHit[] b, int top)
    {
        RowHit[] all = [.. a, .. b];
        Array.Sort(all);
        return all[..Math.Min(top, all.Length)];
    }
}
