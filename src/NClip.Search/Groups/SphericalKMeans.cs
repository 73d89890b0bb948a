using System.Numerics.Tensors;
using NClip.Foundation;

namespace NClip.Search.Groups;

/// <summary>k-means of unit vectors by cosine, begun by k-means++ (Arthur and Vassilvitskii 2007). The same vectors give the same clusters.</summary>
internal static class SphericalKMeans
{
    private const int Rounds = 50;

    /// <summary>The middles [k, D], of unit length, and the cluster of each row. Clusters that lost all rows are left out.</summary>
    public static (Matrix Middles, int[] Of) Fit(Matrix vectors, int k, CancellationToken cancellation)
    {
        var (middles, of) = (Begin(vectors, Math.Min(k, vectors.Rows)), new int[vectors.Rows]);
        for (var round = 0; round < Rounds; round++)
        {
            var next = Assign(vectors, middles, cancellation);
            var isSame = round > 0 && next.AsSpan().SequenceEqual(of);
            of = next;
            if (isSame) break;
            middles = Middles(vectors, of, middles);
        }
        return WithoutEmpty(middles, of);
    }

    private static int[] Assign(Matrix vectors, Matrix middles, CancellationToken cancellation)
    {
        var of = new int[vectors.Rows];
        InParallel.For(vectors.Rows, i =>
        {
            var best = float.NegativeInfinity;
            for (var c = 0; c < middles.Rows; c++)
                if (TensorPrimitives.Dot(vectors.Row(i), middles.Row(c)) is var score && score > best) (best, of[i]) = (score, c);
        }, cancellation);
        return of;
    }

    private static Matrix Middles(Matrix vectors, int[] of, Matrix before)
    {
        var sums = new float[before.Rows * before.Columns];
        for (var i = 0; i < of.Length; i++)
        {
            var at = sums.AsSpan(of[i] * before.Columns, before.Columns);
            TensorPrimitives.Add(at, vectors.Row(i), at);
        }
        return new Matrix(before.Rows, before.Columns, sums).Normalized();
    }

    // The first at random, each next with a chance that grows with its distance from those that there are.
    private static Matrix Begin(Matrix vectors, int k)
    {
        var (random, chosen) = (new Random(1), new List<int>());
        var distance = Enumerable.Repeat(double.PositiveInfinity, vectors.Rows).ToArray();
        chosen.Add(random.Next(vectors.Rows));
        while (chosen.Count < k)
        {
            for (var i = 0; i < distance.Length; i++) distance[i] = Math.Min(distance[i], Math.Max(0, 1 - TensorPrimitives.Dot(vectors.Row(i), vectors.Row(chosen[^1]))));
            var (left, next) = (random.NextDouble() * distance.Sum(), 0);
            while (next < distance.Length - 1 && (left -= distance[next]) > 0) next++;
            chosen.Add(next);
        }
        return new Matrix(chosen.Count, vectors.Columns, [.. chosen.SelectMany(c => vectors.Row(c).ToArray())]);
    }

    private static (Matrix, int[]) WithoutEmpty(Matrix middles, int[] of)
    {
        var left = of.Distinct().Order().ToArray();
        var place = left.Index().ToDictionary(l => l.Item, l => l.Index);
        return (new Matrix(left.Length, middles.Columns, [.. left.SelectMany(c => middles.Row(c).ToArray())]), [.. of.Select(c => place[c])]);
    }
}
