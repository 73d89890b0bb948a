using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>
/// Tip-Adapter: logits = scale f·w_c + alpha sum over the cached samples of class c of exp(-beta (1 - f·key)) (Zhang et al. 2022). All rows are unit
/// vectors but the keys of a fine-tuned one.
/// </summary>
public sealed class TipAdapter : FeatureHead
{
    internal const string Kind = "tip-adapter";

    private readonly int[] _labels;

    /// <param name="classes">The names of the classes, C.</param>
    /// <param name="text">Zero-shot class weights [C, D].</param>
    /// <param name="keys">Features of the cached samples [K, D], used as they are.</param>
    /// <param name="labels">The class of each.</param>
    /// <param name="alpha">Weight of the cache.</param>
    /// <param name="beta">Sharpness of the cache.</param>
    /// <param name="scale">Factor of the zero-shot cosines.</param>
    /// <exception cref="EvaluationException">The sizes do not fit.</exception>
    public TipAdapter(IReadOnlyList<string> classes, Matrix text, Matrix keys, IReadOnlyList<int> labels, double alpha = 1, double beta = 5.5, double scale = 100)
        : base(classes)
    {
        ArgumentNullException.ThrowIfNull(text);
        Check.Labels(keys, labels, Classes.Count);
        Check.Width(keys, "cached samples", text, "class weights");
        if (text.Rows != Classes.Count) throw new EvaluationException(FormattableString.Invariant($"{Classes.Count} classes with {text.Rows} rows of weights; each class has one."));
        (Text, Keys, _labels, Alpha, Beta, Scale) = (text, keys, [.. labels], alpha, beta, scale);
    }

    /// <summary>Class weights [C, D].</summary>
    public Matrix Text { get; }

    /// <summary>The cache's keys [K, D].</summary>
    public Matrix Keys { get; }

    /// <summary>The class of each key.</summary>
    public IReadOnlyList<int> Labels => _labels;

    /// <summary>Weight of the cache.</summary>
    public double Alpha { get; }

    /// <summary>Sharpness of the cache.</summary>
    public double Beta { get; }

    /// <summary>Factor of the zero-shot cosines.</summary>
    public double Scale { get; }

    /// <inheritdoc/>
    public override int Width => Text.Columns;

    /// <summary>The adapter of a few samples and zero-shot weights; nothing is trained.</summary>
    /// <param name="shots">The samples of the cache.</param>
    /// <param name="text">Class weights [C, D], in the order of the classes.</param>
    /// <param name="alpha">Weight of the cache.</param>
    /// <param name="beta">Sharpness of the cache.</param>
    /// <exception cref="EvaluationException">The sizes do not fit.</exception>
    public static TipAdapter Of(LabeledFeatures shots, Matrix text, double alpha = 1, double beta = 5.5)
    {
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentNullException.ThrowIfNull(text);
        return new(shots.Classes, text.Normalized(), shots.Features.Normalized(), shots.Labels, alpha, beta);
    }

    /// <summary>The same cache with the alpha and beta that name the most validation samples right, on the authors' grid: from 0.1 to below a maximum in equal steps, beta outside; the first best wins.</summary>
    /// <param name="validation">What chooses; of the same classes.</param>
    /// <param name="betas">Steps of beta to 7. Default 200, the authors'.</param>
    /// <param name="alphas">Steps of alpha to 3. Default 20, the authors'.</param>
    /// <param name="cancellationToken">Heard at each beta.</param>
    /// <exception cref="EvaluationException">The features do not fit, or there are no steps.</exception>
    public (TipAdapter Best, double Accuracy) Search(LabeledFeatures validation, int betas = 200, int alphas = 20, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(validation);
        Check.Labels(validation.Features, validation.Labels, Classes.Count);
        if (betas < 1 || alphas < 1) throw new EvaluationException(FormattableString.Invariant($"a search of {betas} x {alphas} steps; both must be 1 or more."));
        var unit = validation.Features.Normalized();
        var (cosines, zeroShot) = (unit.TimesTransposed(Keys, 1, cancellationToken), unit.TimesTransposed(Text, (float)Scale, cancellationToken));
        static double At(int i, double most, int steps) => (i * (most - 0.1) / steps) + 0.1;
        var best = new (double Accuracy, double Alpha)[betas];
        Parallel.For(0, betas, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            var cache = Cache(cosines, At(i, 7, betas));
            best[i] = (-1, 0);
            for (var j = 0; j < alphas; j++)
            {
                var alpha = At(j, 3, alphas);
                var accuracy = Classification.Accuracy(Sum(zeroShot, cache, alpha), validation.Labels);
                if (accuracy > best[i].Accuracy) best[i] = (accuracy, alpha);
            }
        });
        var first = Array.FindIndex(best, b => b.Accuracy == best.Max(o => o.Accuracy));
        return (new TipAdapter(Classes, Text, Keys, _labels, best[first].Alpha, At(first, 7, betas), Scale), best[first].Accuracy);
    }

    /// <summary>Tip-Adapter-F: the keys are trained on samples by AdamW (decay 0.01, eps 1e-4), all of them in each step.</summary>
    /// <param name="samples">What it learns from, usually the cached samples; of the same classes.</param>
    /// <param name="options">Steps and rate; null for the defaults.</param>
    /// <param name="cancellationToken">Heard in every step.</param>
    /// <exception cref="EvaluationException">The features do not fit.</exception>
    public TipAdapter FineTuned(LabeledFeatures samples, TipTraining? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(samples);
        Check.Labels(samples.Features, samples.Labels, Classes.Count);
        var (keys, _) = KeyTraining.Run(this, samples.Features.Normalized(), samples.Labels, options ?? new(), cancellationToken);
        return new(Classes, Text, keys, _labels, Alpha, Beta, Scale);
    }

    private protected override Matrix Score(Matrix features)
    {
        var unit = features.Normalized();
        return Sum(unit.TimesTransposed(Text, (float)Scale), Cache(unit.TimesTransposed(Keys), Beta), Alpha);
    }

    /// <summary>Sums of exp(-beta (1 - cosine)) by class, [N, C].</summary>
    private float[] Cache(Matrix cosines, double beta)
    {
        var r = new float[cosines.Rows * Classes.Count];
        var row = new float[cosines.Columns];
        for (var i = 0; i < cosines.Rows; i++)
        {
            TensorPrimitives.Multiply(cosines.Row(i), (float)beta, row);
            TensorPrimitives.Subtract(row, (float)beta, row);
            TensorPrimitives.Exp<float>(row, row);
            for (var k = 0; k < row.Length; k++) r[(i * Classes.Count) + _labels[k]] += row[k];
        }
        return r;
    }

    private static Matrix Sum(Matrix zeroShot, float[] cache, double alpha)
    {
        var r = new float[cache.Length];
        TensorPrimitives.MultiplyAdd(cache, (float)alpha, zeroShot.Values, r);
        return new Matrix(zeroShot.Rows, zeroShot.Columns, r);
    }

    internal override (string, IEnumerable<(string, long[], float[])>, IEnumerable<(string, string)>) Parts() =>
    (
        Kind,
        [("text", [Text.Rows, Text.Columns], Text.ToArray()), ("keys", [Keys.Rows, Keys.Columns], Keys.ToArray()), ("labels", [_labels.Length], [.. _labels.Select(l => (float)l)])],
        [("alpha", FormattableString.Invariant($"{Alpha:R}")), ("beta", FormattableString.Invariant($"{Beta:R}")), ("scale", FormattableString.Invariant($"{Scale:R}"))]
    );
}

/// <summary>How the keys of Tip-Adapter-F are trained.</summary>
/// <param name="Steps">Steps, each over all samples. Default 140, as many as the authors' 20 epochs of batches of 256 over 16 shots of 100 classes.</param>
/// <param name="LearningRate">Rate at the first step. Default 1e-3.</param>
/// <param name="Cosine">Whether the rate falls to 0 along a cosine (default), or stays.</param>
public sealed record TipTraining(int Steps = 140, double LearningRate = 1e-3, bool Cosine = true);
