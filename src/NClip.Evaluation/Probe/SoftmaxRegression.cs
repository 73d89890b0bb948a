using System.Numerics;
using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>
/// Cross entropy of a linear classifier over fixed samples, and its gradient. Samples are taken in pieces whose sums are added in their order, so that the
/// values do not depend on the number of threads. Products are in <typeparamref name="T"/>, sums over samples in double.
/// </summary>
internal sealed class SoftmaxRegression<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Block = 252; // rows whose scores are held at once: whole tiles
    private const int MostPieces = 16;

    private readonly PaddedRows<T> _samples;
    private readonly int[] _labels;
    private readonly Piece[] _pieces;

    private sealed record Piece(int First, int Count, T[] Scores, T[] Gradient, double[] Bias)
    {
        public double Loss { get; set; }
    }

    /// <param name="samples">[N, D].</param>
    /// <param name="labels">The class of each.</param>
    /// <param name="classes">C.</param>
    public SoftmaxRegression(PaddedRows<T> samples, IReadOnlyList<int> labels, int classes)
    {
        (_samples, _labels, Classes) = (samples, [.. labels], classes);
        var blocks = (samples.Rows + Block - 1) / Block;
        var pieces = Math.Min(MostPieces, blocks);
        // A tile reads a little past the last class of the last row.
        T[] Scores() => new T[((Block + Tiles.Rows) * Tiles.Padded<T>(classes)) + Tiles.Rows];
        _pieces = [.. Enumerable.Range(0, pieces).Select(p => (First: (int)((long)blocks * p / pieces) * Block, End: Math.Min(samples.Rows, (int)((long)blocks * (p + 1) / pieces) * Block)))
            .Select(p => new Piece(p.First, p.End - p.First, Scores(), new T[Tiles.PaddedRows(classes) * samples.Stride], new double[classes]))];
    }

    public int Classes { get; }

    public int Width => _samples.Columns;

    public int Count => _samples.Rows;

    /// <summary>Number of values: weights [C, D], then biases [C].</summary>
    public int Length => Classes * (Width + 1);

    /// <summary>Sum of the cross entropies; its gradient goes into <paramref name="gradient"/>.</summary>
    public double Evaluate(double[] values, double[] gradient, CancellationToken cancellationToken = default)
    {
        var weights = PaddedRows<T>.Of(Classes, Width, values.AsSpan(0, Classes * Width)).Transposed();
        var bias = new T[Classes];
        for (var c = 0; c < Classes; c++) bias[c] = T.CreateTruncating(values[(Classes * Width) + c]);
        Parallel.ForEach(_pieces, new ParallelOptions { CancellationToken = cancellationToken }, p => Run(p, weights, bias));
        Parallel.For(0, Classes, c =>
        {
            var to = gradient.AsSpan(c * Width, Width);
            to.Clear();
            foreach (var p in _pieces)
            {
                var from = p.Gradient.AsSpan(c * _samples.Stride, Width);
                for (var j = 0; j < to.Length; j++) to[j] += double.CreateTruncating(from[j]);
            }
            gradient[(Classes * Width) + c] = _pieces.Sum(p => p.Bias[c]);
        });
        return _pieces.Sum(p => p.Loss);
    }

    private void Run(Piece piece, PaddedRows<T> weights, T[] bias)
    {
        var loss = 0.0;
        piece.Gradient.AsSpan().Clear();
        piece.Bias.AsSpan().Clear();
        for (var first = piece.First; first < piece.First + piece.Count; first += Block)
        {
            var rows = Math.Min(Block, piece.First + piece.Count - first);
            var samples = _samples.Values.AsSpan(first * _samples.Stride);
            piece.Scores.AsSpan().Clear();
            Tiles.AddProduct<T>(rows, Classes, Width, samples, _samples.Stride, 1, weights.Values, weights.Stride, piece.Scores, weights.Stride);
            for (var i = 0; i < rows; i++) loss += Residual(piece.Scores.AsSpan(i * weights.Stride, Classes), bias, _labels[first + i], piece.Bias);
            Tiles.AddProduct<T>(Classes, Width, rows, piece.Scores, 1, weights.Stride, samples, _samples.Stride, piece.Gradient, _samples.Stride);
        }
        piece.Loss = loss;
    }

    /// <summary>A row of scores without bias becomes probabilities less one at the true class; the cross entropy is returned.</summary>
    private static double Residual(Span<T> row, T[] bias, int label, double[] biasGradient)
    {
        TensorPrimitives.Add<T>(row, bias, row);
        var own = row[label];
        var max = TensorPrimitives.Max<T>(row);
        TensorPrimitives.Subtract(row, max, row);
        TensorPrimitives.Exp<T>(row, row);
        var sum = TensorPrimitives.Sum<T>(row);
        TensorPrimitives.Divide(row, sum, row);
        row[label] -= T.One;
        for (var c = 0; c < row.Length; c++) biasGradient[c] += double.CreateTruncating(row[c]);
        return Math.Log(double.CreateTruncating(sum)) + double.CreateTruncating(max) - double.CreateTruncating(own);
    }
}
