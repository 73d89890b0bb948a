using NClip.Foundation;
using NClip.Search.Vectors;

namespace NClip.Search.Groups;

/// <summary>All pairs of unit vectors whose cosine is at least so much. Every pair is looked at, in tiles that stay in a processor's cache.</summary>
internal static unsafe class NearPairs
{
    private const int Tile = 256, Together = 8;

    /// <summary>For each row those near to it.</summary>
    public static ILookup<int, (int Row, float Score)> Of(Matrix vectors, float threshold, CancellationToken cancellation)
    {
        var stride = (vectors.Columns + 15) / 16 * 16;
        var values = new float[(long)vectors.Rows * stride];
        for (var i = 0; i < vectors.Rows; i++) vectors.Row(i).CopyTo(values.AsSpan(i * stride));
        var tiles = (vectors.Rows + Tile - 1) / Tile;
        var found = new List<(int A, int B, float Score)>();
        InParallel.For(tiles * (tiles + 1) / 2, () => new float[Tile * Together], (t, scores) =>
        {
            var a = (int)((Math.Sqrt((8.0 * t) + 1) - 1) / 2);
            var near = Pairs(values, stride, vectors.Rows, a, t - (a * (a + 1) / 2), threshold, scores);
            if (near.Count == 0) return;
            lock (found) found.AddRange(near);
        }, cancellation);
        return found.SelectMany(p => ((int From, (int, float) To)[])[(p.A, (p.B, p.Score)), (p.B, (p.A, p.Score))]).OrderBy(p => p.From).ThenBy(p => p.To.Item1).ToLookup(p => p.From, p => p.To);
    }

    private static List<(int, int, float)> Pairs(float[] values, int stride, int rows, int tileA, int tileB, float threshold, float[] scores)
    {
        var near = new List<(int, int, float)>();
        var (firstB, endA) = (tileB * Tile, Math.Min(rows, (tileA + 1) * Tile));
        var countB = Math.Min(rows, firstB + Tile) - firstB;
        fixed (float* v = values, s = scores)
            for (var a = tileA * Tile; a < endA; a += Together)
            {
                var n = Math.Min(Together, endA - a);
                DotKernels.Values(v + ((long)firstB * stride), stride, countB, v + ((long)a * stride), n, s);
                for (var b = 0; b < countB; b++)
                    for (var q = 0; q < n; q++)
                        if (scores[(q * countB) + b] >= threshold && firstB + b < a + q) near.Add((a + q, firstB + b, scores[(q * countB) + b]));
            }
        return near;
    }
}
