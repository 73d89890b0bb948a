using System.Numerics.Tensors;
using NClip.Foundation;

namespace NClip.Search.Groups;

/// <summary>t-SNE (van der Maaten and Hinton 2008): points of the plane whose neighbours are those of the vectors. Every pair is looked at, so for some thousand rows. The same vectors give the same points.</summary>
internal static class NeighbourMap
{
    private const int Rounds = 400, Early = 100;
    private const double Perplexity = 20, Exaggeration = 8;

    /// <summary>A point for each row.</summary>
    public static (double X, double Y)[] Of(Matrix vectors, CancellationToken cancellation)
    {
        var n = vectors.Rows;
        var (random, y, step) = (new Random(1), new double[2 * n], new double[2 * n]);
        for (var i = 0; i < y.Length; i++) y[i] = 1e-2 * (random.NextDouble() - 0.5);
        if (n < 3) return Points(y);
        var p = Affinities(vectors, cancellation);
        for (var round = 0; round < Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            var gradient = Gradient(p, y, round < Early ? Exaggeration : 1);
            var (rate, momentum) = (Math.Max(10, n / 10.0), round < Early ? 0.5 : 0.8);
            for (var i = 0; i < y.Length; i++) y[i] += step[i] = (momentum * step[i]) - (rate * gradient[i]);
        }
        return Points(y);
    }

    private static (double, double)[] Points(double[] y) => [.. Enumerable.Range(0, y.Length / 2).Select(i => (y[2 * i], y[(2 * i) + 1]))];

    // How likely each is the other's neighbour: of a normal distribution around each, as wide as gives it its number of neighbours.
    private static double[] Affinities(Matrix vectors, CancellationToken cancellation)
    {
        var n = vectors.Rows;
        var p = new double[(long)n * n];
        InParallel.For(n, i =>
        {
            var distances = new double[n];
            for (var j = 0; j < n; j++) distances[j] = 2 - (2 * TensorPrimitives.Dot(vectors.Row(i), vectors.Row(j)));
            var row = p.AsSpan(i * n, n);
            var wanted = Math.Log(Math.Min(Perplexity, (n - 1) / 3.0));
            var (low, high, precision) = (0.0, double.PositiveInfinity, 1.0);
            for (var tries = 0; tries < 60; tries++)
            {
                if (Entropy(distances, i, precision, row) > wanted) (low, precision) = (precision, double.IsInfinity(high) ? precision * 2 : (precision + high) / 2);
                else (high, precision) = (precision, (low + precision) / 2);
            }
        }, cancellation);
        for (var i = 0; i < n; i++)
            for (var j = 0; j < i; j++) p[(i * n) + j] = p[(j * n) + i] = Math.Max(1e-12, (p[(i * n) + j] + p[(j * n) + i]) / (2 * n));
        return p;
    }

    private static double Entropy(double[] distances, int self, double precision, Span<double> row)
    {
        var (sum, weighted) = (0.0, 0.0);
        for (var j = 0; j < row.Length; j++)
        {
            row[j] = j == self ? 0 : Math.Exp(-precision * distances[j]);
            sum += row[j];
            weighted += row[j] * distances[j];
        }
        sum = Math.Max(sum, 1e-300);
        for (var j = 0; j < row.Length; j++) row[j] /= sum;
        return Math.Log(sum) + (precision * weighted / sum);
    }

    private static double[] Gradient(double[] p, double[] y, double exaggeration)
    {
        var n = y.Length / 2;
        var (near, sums) = (new double[(long)n * n], new double[n]);
        InParallel.For(n, i =>
        {
            for (var j = 0; j < n; j++)
            {
                var (dx, dy) = (y[2 * i] - y[2 * j], y[(2 * i) + 1] - y[(2 * j) + 1]);
                near[(i * n) + j] = i == j ? 0 : 1 / (1 + (dx * dx) + (dy * dy));
                sums[i] += near[(i * n) + j];
            }
        });
        var (total, gradient) = (sums.Sum(), new double[y.Length]);
        InParallel.For(n, i =>
        {
            for (var j = 0; j < n; j++)
            {
                var pull = 4 * ((exaggeration * p[(i * n) + j]) - (near[(i * n) + j] / total)) * near[(i * n) + j];
                gradient[2 * i] += pull * (y[2 * i] - y[2 * j]);
                gradient[(2 * i) + 1] += pull * (y[(2 * i) + 1] - y[(2 * j) + 1]);
            }
        });
        return gradient;
    }
}
