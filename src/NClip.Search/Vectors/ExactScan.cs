using System.Numerics.Tensors;
using NClip.Foundation;

namespace NClip.Search.Vectors;

/// <summary>The rows of a segment that a scan goes through.</summary>
/// <param name="Reader">The segment.</param>
/// <param name="Rows">Rows that were committed.</param>
/// <param name="Mask">Those that are meant; null: all.</param>
internal sealed record SegmentRows(SegmentReader Reader, int Rows, RowMask? Mask);

/// <summary>The best rows by their exact scores: every row is looked at.</summary>
internal static class ExactScan
{
    private const int Chunk = 2048; // rows that one thread takes at a time

    /// <summary>For each query [D] the best rows, best first.</summary>
    public static RowHit[][] Best(IReadOnlyList<SegmentRows> segments, Matrix queries, int top, CancellationToken cancellation)
    {
        var pieces = segments.SelectMany(s => Enumerable.Range(0, (s.Rows + Chunk - 1) / Chunk).Select(i => (Segment: s, First: i * Chunk))).ToArray();
        var best = Enumerable.Range(0, queries.Rows).Select(_ => new TopHits(top)).ToArray();
        InParallel.For(pieces.Length, () => new float[queries.Columns], (i, row) =>
        {
            var mine = Enumerable.Range(0, queries.Rows).Select(_ => new TopHits(top)).ToArray();
            Scan(pieces[i].Segment, pieces[i].First, queries, row, mine);
            lock (best)
                for (var q = 0; q < best.Length; q++) best[q].Add(mine[q]);
        }, cancellation);
        return [.. best.Select(b => b.Sorted())];
    }

    private static void Scan(SegmentRows segment, int first, Matrix queries, float[] row, TopHits[] best)
    {
        var end = Math.Min(segment.Rows, first + Chunk);
        for (var r = first; r < end; r++)
        {
            if (segment.Mask is { } mask && !mask[r]) continue;
            segment.Reader.Vector(r, row);
            for (var q = 0; q < best.Length; q++)
            {
                var score = TensorPrimitives.Dot(queries.Row(q), row);
                if (score >= best[q].Worst) best[q].Add(new RowHit(score, segment.Reader.Layout.Id, r));
            }
        }
    }
}
