using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>How LP++ is fitted.</summary>
/// <param name="Steps">Steps, each over all samples. Default 300, the authors'.</param>
/// <param name="WeightRate">Rate of the weights. Default: 4 N / largest eigenvalue of F^T F.</param>
/// <param name="AlphaRate">Rate of the factors of the text. Default: N / (4 max over classes of the sum of (f·t_c)^2).</param>
/// <param name="Alpha">The factors at the start. Default: 250 times the mean over classes of the class's own mean f·t.</param>
/// <param name="Plain">False (default): as the authors' program does, from the classes' sums, with momentum 0.9 and a bias, the factors moved at every tenth step by the sum of all gradients so far. True: as the paper's formulas, plain steps from the classes' means without a bias.</param>
public sealed record LinearProbePlusOptions(int Steps = 300, double? WeightRate = null, double? AlphaRate = null, double? Alpha = null, bool Plain = false);

/// <summary>
/// LP++: a linear probe whose weights are blended with the text's, logits = f·w_c + alpha_c f·t_c (+ b_c), by gradient steps whose rates follow from the data
/// (Huang et al. 2024). What comes out is linear: w_c + alpha_c t_c.
/// </summary>
public static class LinearProbePlus
{
    private const double Momentum = 0.9;
    private const int AlphaEvery = 10;

    /// <summary>Fits the classifier.</summary>
    /// <param name="shots">A few samples of each class.</param>
    /// <param name="text">Zero-shot class weights [C, D], in the order of the classes.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Heard in every step.</param>
    /// <exception cref="EvaluationException">The sizes do not fit.</exception>
    public static LinearHead Fit(LabeledFeatures shots, Matrix text, LinearProbePlusOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentNullException.ThrowIfNull(text);
        shots.Checked("training features");
        Check.Width(shots.Features, "training features", text, "class weights");
        if (text.Rows != shots.Classes.Count) throw new EvaluationException(FormattableString.Invariant($"{shots.Classes.Count} classes with {text.Rows} rows of weights; each class has one."));
        return Run(shots.Unit(), text.Normalized(), options ?? new(), new double[shots.Classes.Count], cancellationToken).Head;
    }

    /// <summary>As <see cref="Fit"/>, from a bias: also the mean cross entropy before each step, and what the rates and the start were.</summary>
    internal static (LinearHead Head, double[] Losses, double WeightRate, double AlphaRate, double Alpha) Run(LabeledFeatures shots, Matrix text, LinearProbePlusOptions options, double[] bias, CancellationToken cancellationToken)
    {
        var (n, d, classes) = (shots.Count, shots.Features.Columns, shots.Classes.Count);
        var own = shots.Features.TimesTransposed(text, 1, cancellationToken);
        var weightRate = options.WeightRate ?? (4 * n / LargestEigenvalue(shots.Features));
        var alphaRate = options.AlphaRate ?? (n / (4 * Enumerable.Range(0, classes).Max(c => Enumerable.Range(0, n).Sum(i => (double)own[i, c] * own[i, c]))));
        var alpha0 = options.Alpha ?? (250 * shots.Labels.Index().GroupBy(l => l.Item).Average(g => g.Average(l => (double)own[l.Index, g.Key])));

        var loss = new SoftmaxRegression<double>(PaddedRows<double>.Of(shots.Features), shots.Labels, classes);
        var (w, alpha, t) = (Start(shots, options.Plain), Enumerable.Repeat(alpha0, classes).ToArray(), Array.ConvertAll(text.ToArray(), v => (double)v));
        var (at, gradient, velocity, pushed, losses) = (new double[loss.Length], new double[loss.Length], new double[loss.Length], new double[classes], new double[options.Steps]);
        bias = [.. bias];
        for (var step = 0; step < options.Steps; step++)
        {
            Blend(w, alpha, t, bias, at, d);
            losses[step] = loss.Evaluate(at, gradient, cancellationToken) / n;
            for (var i = 0; i < gradient.Length; i++) velocity[i] = ((options.Plain ? 0 : Momentum) * velocity[i]) + (gradient[i] / n);
            for (var c = 0; c < classes; c++) pushed[c] = (options.Plain ? 0 : pushed[c]) + (TensorPrimitives.Dot<double>(gradient.AsSpan(c * d, d), t.AsSpan(c * d, d)) / n);
            for (var i = 0; i < w.Length; i++) w[i] -= weightRate * velocity[i];
            for (var c = 0; c < classes; c++)
            {
                if (!options.Plain) bias[c] -= weightRate * velocity[w.Length + c];
                if (options.Plain || (step + 1) % AlphaEvery == 0) alpha[c] -= alphaRate * pushed[c];
            }
        }
        Blend(w, alpha, t, bias, at, d);
        var head = new LinearHead(shots.Classes, new Matrix(classes, d, [.. at.Take(w.Length).Select(v => (float)v)]), [.. bias.Select(v => (float)v)]);
        return (head, losses, weightRate, alphaRate, alpha0);
    }

    private static void Blend(double[] w, double[] alpha, double[] t, double[] bias, double[] at, int d)
    {
        for (var c = 0; c < alpha.Length; c++) TensorPrimitives.MultiplyAdd(t.AsSpan(c * d, d), alpha[c], w.AsSpan(c * d, d), at.AsSpan(c * d, d));
        bias.CopyTo(at, w.Length);
    }

    // The classes' means or sums.
    private static double[] Start(LabeledFeatures shots, bool means)
    {
        var d = shots.Features.Columns;
        var w = new double[shots.Classes.Count * d];
        var counts = new int[shots.Classes.Count];
        for (var i = 0; i < shots.Count; i++)
        {
            counts[shots.Labels[i]]++;
            var from = shots.Features.Row(i);
            var to = w.AsSpan(shots.Labels[i] * d, d);
            for (var j = 0; j < d; j++) to[j] += from[j];
        }
        if (means) for (var i = 0; i < w.Length; i++) w[i] /= Math.Max(1, counts[i / d]);
        return w;
    }

    // Power iteration on F^T F, whose Rayleigh quotient converges twice as fast as its vector.
    private static double LargestEigenvalue(Matrix features)
    {
        var v = Enumerable.Range(0, features.Columns).Select(j => 1 + (0.01 * Math.Sin(j))).ToArray();
        var value = 0.0;
        for (var i = 0; i < 10_000; i++)
        {
            var next = new double[v.Length];
            for (var r = 0; r < features.Rows; r++)
            {
                var row = features.Row(r);
                var dot = 0.0;
                for (var j = 0; j < row.Length; j++) dot += row[j] * v[j];
                for (var j = 0; j < row.Length; j++) next[j] += dot * row[j];
            }
            var found = TensorPrimitives.Dot<double>(v, next) / TensorPrimitives.Dot<double>(v, v);
            TensorPrimitives.Divide(next, TensorPrimitives.Norm<double>(next), v);
            if (Math.Abs(found - value) <= 1e-13 * found) return found;
            value = found;
        }
        return value;
    }
}
