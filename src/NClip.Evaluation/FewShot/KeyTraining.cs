namespace NClip.Evaluation;

/// <summary>The training of Tip-Adapter-F's keys, in double.</summary>
internal static class KeyTraining
{
    private const double Decay = 0.01, Epsilon = 1e-4, First = 0.9, Second = 0.999;

    /// <summary>The keys after the last step, and the mean cross entropy before each.</summary>
    public static (Matrix Keys, double[] Losses) Run(TipAdapter adapter, Matrix samples, IReadOnlyList<int> labels, TipTraining options, CancellationToken cancellationToken)
    {
        var x = PaddedRows<double>.Of(samples);
        var keys = PaddedRows<double>.Of(adapter.Keys);
        var zeroShot = x.Times(PaddedRows<double>.Of(adapter.Text).Transposed());
        var (mean, square, losses) = (new double[keys.Values.Length], new double[keys.Values.Length], new double[options.Steps]);
        for (var step = 0; step < options.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rate = options.LearningRate * (options.Cosine ? (1 + Math.Cos(Math.PI * step / options.Steps)) / 2 : 1);
            var affinity = x.Times(keys.Transposed()); // [N, K], then its gradient
            losses[step] = Gradient(adapter, zeroShot, affinity, labels);
            var gradient = affinity.TransposedTimes(x);
            var (corrected, root) = (1 - Math.Pow(First, step + 1), Math.Sqrt(1 - Math.Pow(Second, step + 1)));
            for (var k = 0; k < keys.Rows; k++)
            {
                Span<double> key = keys[k], g = gradient[k], m = mean.AsSpan(k * keys.Stride), v = square.AsSpan(k * keys.Stride);
                for (var j = 0; j < key.Length; j++)
                {
                    m[j] = (First * m[j]) + ((1 - First) * g[j]);
                    v[j] = (Second * v[j]) + ((1 - Second) * g[j] * g[j]);
                    key[j] -= (rate * Decay * key[j]) + (rate / corrected * m[j] / ((Math.Sqrt(v[j]) / root) + Epsilon));
                }
            }
        }
        return (new Matrix(keys.Rows, keys.Columns, [.. Enumerable.Range(0, keys.Rows).SelectMany(k => keys[k].ToArray()).Select(v => (float)v)]), losses);
    }

    // d loss / d cosine = alpha beta exp(-beta (1 - cosine)) (p - y)_class / N
    private static double Gradient(TipAdapter adapter, PaddedRows<double> zeroShot, PaddedRows<double> affinity, IReadOnlyList<int> labels)
    {
        var losses = new double[labels.Count];
        Parallel.For(0, labels.Count, i =>
        {
            var row = affinity[i];
            var logits = new double[adapter.Classes.Count];
            for (var c = 0; c < logits.Length; c++) logits[c] = adapter.Scale * zeroShot[i][c];
            for (var k = 0; k < row.Length; k++) logits[adapter.Labels[k]] += adapter.Alpha * (row[k] = Math.Exp(-adapter.Beta * (1 - row[k])));
            losses[i] = Entropy.Residual(logits, labels[i]);
            for (var k = 0; k < row.Length; k++) row[k] *= adapter.Alpha * adapter.Beta * logits[adapter.Labels[k]] / labels.Count;
        });
        return losses.Average();
    }
}
