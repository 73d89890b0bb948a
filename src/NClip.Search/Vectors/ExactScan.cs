using System.Collections.Concurrent;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using NClip.Foundation;

namespace NClip.Search.Vectors;

/// <summary>The rows of a segment that a scan goes through.</summary>
/// <param name="Reader">The segment.</param>
/// <param name="Rows">Rows that were committed.</param>
/// <param name="Mask">Those that are meant; null: all.</param>
internal sealed record SegmentRows(SegmentReader Reader, int Rows, RowMask? Mask)
{
    /// <summary>How many are meant.</summary>
    public int Count => Mask?.Count ?? Rows;
}

/// <summary>
/// The best rows by their exact scores: every row is looked at. Where there are many, the first pass goes over the codes (a quarter of the bytes), and the best of
/// it are scored by their vectors; when a row that was left out could belong to them all the same, more are scored.
/// </summary>
internal sealed unsafe class ExactScan(IReadOnlyList<SegmentRows> segments, ScanQueries queries, CancellationToken cancellation)
{
    private const int Chunk = 4096, Block = 256; // rows that one thread takes at a time; rows whose scores are held
    private const int Few = 4096; // rows whose vectors are read at once

    /// <summary>Deviations of a code's error that a score may be off: of 512 values no row of 10^9 is farther.</summary>
    private const float Deviations = 6.5f;

    private readonly Dictionary<long, SegmentReader> _readers = segments.ToDictionary(s => s.Reader.Layout.Id, s => s.Reader);

    // What one thread works with.
    private sealed class Mine(int queries, int top)
    {
        public TopHits[] Best { get; } = [.. Enumerable.Range(0, queries).Select(_ => new TopHits(top))];
        public float[] Scores { get; } = new float[Block * queries];
        public int[] Sums { get; } = new int[Block * queries];
        public float[] Scales { get; } = new float[Block];
        public float Error { get; set; }
    }

    /// <summary>For each query the best rows, best first; of equal ones the older.</summary>
    /// <param name="segments">Rows to look at.</param>
    /// <param name="queries">[N, D].</param>
    /// <param name="top">How many.</param>
    /// <param name="cancellation">Ends the scan.</param>
    public static RowHit[][] Best(IReadOnlyList<SegmentRows> segments, Matrix queries, int top, CancellationToken cancellation)
    {
        var rows = segments.Sum(s => s.Count);
        if (rows == 0 || top == 0) return [.. Enumerable.Range(0, queries.Rows).Select(_ => Array.Empty<RowHit>())];
        var scan = new ExactScan(segments, new ScanQueries(queries, segments[0].Reader.Layout), cancellation);
        top = Math.Min(top, rows);
        return rows > Few || segments.Any(s => s.Reader.Layout.Kind != VectorStorage.Float32) ? scan.ByCodes(top, rows) : scan.ByValues(top);
    }

    /// <summary>By the vectors of all rows; of float32 segments.</summary>
    internal RowHit[][] ByValues(int top)
    {
        var (best, _) = Pass(top + 8, codes: false); // the kernel's sums differ in the last bits from those that count
        return [.. best.Select((b, q) => Rescored(b.Sorted(), q)[..top])];
    }

    /// <summary>By the codes of all rows, then by the vectors of the best.</summary>
    internal RowHit[][] ByCodes(int top, int rows)
    {
        for (var count = Math.Min(rows, (2 * top) + 64); ; count = (int)Math.Min(rows, 4L * count))
        {
            var (best, error) = Pass(count, codes: true);
            var answers = best.Select((b, q) => Rescored(b.Sorted(), q)).ToArray();
            if (count == rows || answers.Index().All(a => a.Item[top - 1].Score > best[a.Index].Worst + Doubt(error, a.Index))) return [.. answers.Select(a => a[..top])];
        }
    }

    // A code's error has no direction: its part along the query is its length by the root of the number of values.
    private float Doubt(float error, int q) => Deviations * (error + queries.Errors[q]) / MathF.Sqrt(queries.Queries.Columns);

    private (TopHits[] Best, float Error) Pass(int top, bool codes)
    {
        var pieces = segments.SelectMany(s => Enumerable.Range(0, (s.Rows + Chunk - 1) / Chunk).Select(i => (Segment: s, First: i * Chunk))).ToArray();
        var all = new ConcurrentBag<Mine>();
        InParallel.For(pieces.Length, () =>
        {
            var mine = new Mine(queries.Count, top);
            all.Add(mine);
            return mine;
        }, (i, mine) => Scan(pieces[i].Segment, pieces[i].First, codes, mine), cancellation);
        var best = new Mine(queries.Count, top).Best;
        foreach (var mine in all)
            for (var q = 0; q < best.Length; q++) best[q].Add(mine.Best[q]);
        return (best, all.Max(m => m.Error));
    }

    private void Scan(SegmentRows segment, int first, bool codes, Mine mine)
    {
        var (n, reader) = (queries.Count, segment.Reader);
        var end = Math.Min(segment.Rows, first + Chunk);
        fixed (float* values = queries.Values, scores = mine.Scores)
        fixed (short* whole = queries.Codes)
        fixed (int* sums = mine.Sums)
            for (var row = first; row < end; row += Block)
            {
                var count = Math.Min(Block, end - row);
                if (segment.Mask?.IsEmpty(row, count) == true) continue;
                if (codes)
                {
                    fixed (sbyte* rows = reader.Codes(row, count)) DotKernels.Codes(rows, queries.CodeStride, count, whole, n, sums);
                    Scale(segment, row, count, mine);
                }
                else
                {
                    fixed (float* rows = reader.Floats(row, count)) DotKernels.Values(rows, queries.Stride, count, values, n, scores);
                }
                for (var q = 0; q < n; q++) mine.Best[q].Add(mine.Scores.AsSpan(q * count, count), reader.Layout.Id, row, segment.Mask);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scale(SegmentRows segment, int row, int count, Mine mine)
    {
        var records = segment.Reader.Records(row, count);
        for (var r = 0; r < count; r++)
        {
            (mine.Scales[r], var error) = SegmentReader.Precision(records[(r * SegmentLayout.RecordSize)..]);
            if (error > mine.Error && segment.Mask?[row + r] != false) mine.Error = error;
        }
        for (var q = 0; q < queries.Count; q++)
        {
            var (at, r) = (q * count, 0);
            for (; r + Vector<int>.Count <= count; r += Vector<int>.Count)
                (Vector.ConvertToSingle(new Vector<int>(mine.Sums, at + r)) * new Vector<float>(mine.Scales, r) * queries.Scales[q]).CopyTo(mine.Scores, at + r);
            for (; r < count; r++) mine.Scores[at + r] = mine.Sums[at + r] * mine.Scales[r] * queries.Scales[q];
        }
    }

    private RowHit[] Rescored(RowHit[] hits, int q)
    {
        var query = queries.Queries.Row(q);
        var vector = new float[query.Length];
        for (var i = 0; i < hits.Length; i++)
        {
            _readers[hits[i].Segment].Vector(hits[i].Row, vector);
            hits[i] = hits[i] with { Score = TensorPrimitives.Dot(query, vector) };
        }
        Array.Sort(hits);
        return hits;
    }
}
