namespace NClip.Evaluation;

/// <summary>How a linear probe is fitted.</summary>
/// <param name="MaxIterations">Steps of L-BFGS at most. Default 1000, as CLIP's.</param>
/// <param name="Tolerance">The fit ends where no component of the gradient of the mean loss is above this. Default 1e-7.</param>
/// <param name="Normalize">Whether features are divided by their length first, and by the head too. Default true; CLIP's own probes take them as they are.</param>
public sealed record ProbeOptions(int MaxIterations = 1000, double Tolerance = 1e-7, bool Normalize = true);

/// <summary>A fitted probe.</summary>
/// <param name="Head">The classifier.</param>
/// <param name="Objective">C * sum of cross entropies + |W|^2 / 2 at the end, scikit-learn's objective.</param>
/// <param name="Iterations">Steps of L-BFGS.</param>
public sealed record ProbeFit(LinearHead Head, double Objective, int Iterations);

/// <summary>A C that was tried, and the share of the validation samples that its probe named right.</summary>
public readonly record struct ProbeTrial(double C, double Accuracy);

/// <summary>The outcome of a search for C.</summary>
/// <param name="C">The best; of equal ones the smallest.</param>
/// <param name="Trials">What was tried, by C.</param>
public sealed record ProbeSearch(double C, IReadOnlyList<ProbeTrial> Trials);

/// <summary>
/// Linear probe: multinomial logistic regression on frozen features by L-BFGS, with scikit-learn's objective, C * sum of cross entropies + |W|^2 / 2, biases
/// without penalty (Radford et al. 2021, appendix A.3).
/// </summary>
public static class LinearProbe
{
    /// <summary>Numbers of multiplications in one product below which everything is in double: it costs nothing.</summary>
    private const double Small = 5e7;

    private static readonly double[] _grid = [-6, -4, -2, 0, 2, 4, 6];

    /// <summary>Fits a probe with a given C.</summary>
    /// <param name="train">What it learns from; each class should occur.</param>
    /// <param name="c">Inverse strength of the penalty, above 0.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Heard in every step.</param>
    /// <exception cref="EvaluationException">The features do not fit, or C is not above 0.</exception>
    public static ProbeFit Fit(LabeledFeatures train, double c, ProbeOptions? options = null, CancellationToken cancellationToken = default)
        => Fitter.Of(train, options ?? new()).Fit(c, cancellationToken);

    /// <summary>Searches C on a validation split as CLIP does: log10 C in -6..6 by 2, then around the best by 1, 1/2, 1/4, 1/8 (Radford et al. 2021, appendix A.3).</summary>
    /// <param name="train">What the probes learn from.</param>
    /// <param name="validation">What chooses; of the same classes.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="progress">Told of each trial.</param>
    /// <param name="cancellationToken">Heard in every step.</param>
    /// <exception cref="EvaluationException">The features do not fit.</exception>
    public static ProbeSearch Search(LabeledFeatures train, LabeledFeatures validation, ProbeOptions? options = null, IProgress<ProbeTrial>? progress = null, CancellationToken cancellationToken = default)
    {
        var fitter = Fitter.Of(train, options ?? new());
        ArgumentNullException.ThrowIfNull(validation);
        Check.Labels(validation.Features, validation.Labels, train.Classes.Count);
        var seen = new SortedDictionary<double, double>();
        double Accuracy(double log)
        {
            if (seen.TryGetValue(log, out var known)) return known;
            var found = fitter.Fit(Math.Pow(10, log), cancellationToken).Head.Accuracy(validation);
            progress?.Report(new(Math.Pow(10, log), found));
            return seen[log] = found;
        }
        double Best(params IEnumerable<double> logs) => logs.OrderByDescending(Accuracy).ThenBy(l => l).First();
        var best = Best(_grid);
        for (var step = 1.0; step >= 0.125; step /= 2) best = Best(best - step, best, best + step);
        return new(Math.Pow(10, best), [.. seen.Select(t => new ProbeTrial(Math.Pow(10, t.Key), t.Value))]);
    }

    /// <summary>Splits off every fifth sample of each class for validation, by a seed.</summary>
    /// <exception cref="EvaluationException">The features do not fit.</exception>
    public static (LabeledFeatures Train, LabeledFeatures Validation) Split(LabeledFeatures all, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(all);
        all.Checked("training features");
        var (train, validation) = (new List<int>(), new List<int>());
        foreach (var rows in ShotDraw.ByClass(all, seed))
            for (var i = 0; i < rows.Length; i++) (i % 5 == 4 || (i == 1 && rows.Length < 5) ? validation : train).Add(rows[i]);
        return validation.Count > 0 ? (all.Rows([.. train.Order()]), all.Rows([.. validation.Order()]))
            : throw new EvaluationException("no class has two samples, so none can be kept for choosing C. Give C, or more samples.");
    }

    private abstract class Fitter
    {
        public static Fitter Of(LabeledFeatures train, ProbeOptions options)
        {
            ArgumentNullException.ThrowIfNull(train);
            train.Checked("training features");
            if (options.MaxIterations < 1 || options.Tolerance is not > 0) throw new EvaluationException(FormattableString.Invariant($"{options.MaxIterations} iterations with a tolerance of {options.Tolerance}; both must be above 0."));
            var data = options.Normalize ? train.Unit() : train;
            return (double)data.Count * data.Features.Columns * data.Classes.Count < Small ? new Fitter<double>(data, options, 1e-15, -1) : new Fitter<float>(data, options, 1e-9, 1e-9);
        }

        public abstract ProbeFit Fit(double c, CancellationToken cancellationToken);
    }

    /// <param name="data">Features as the head takes them.</param>
    /// <param name="options">The options.</param>
    /// <param name="noise">Relative rounding of the objective.</param>
    /// <param name="least">Relative fall of the objective in a step that is no progress any more; below 0: the gradient alone decides.</param>
    private sealed class Fitter<T>(LabeledFeatures data, ProbeOptions options, double noise, double least) : Fitter where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        private readonly SoftmaxRegression<T> _loss = new(PaddedRows<T>.Of(data.Features), data.Labels, data.Classes.Count);
        private double[]? _last; // the fit before this one: a good place to start

        public override ProbeFit Fit(double c, CancellationToken cancellationToken)
        {
            if (!double.IsFinite(c) || c <= 0) throw new EvaluationException(FormattableString.Invariant($"C is {c}; a number above 0 is expected."));
            var (weights, scale) = (_loss.Classes * _loss.Width, 1 / (c * _loss.Count));
            var size = Math.Min(1, Math.Sqrt(c * _loss.Count)); // of the weights that L-BFGS sees: those of a strong penalty are tiny beside the biases
            var scaled = new double[_loss.Length];
            double Objective(double[] at, double[] gradient)
            {
                at.CopyTo(scaled, 0);
                if (size < 1) for (var i = 0; i < weights; i++) scaled[i] *= size;
                var loss = _loss.Evaluate(scaled, gradient, cancellationToken);
                var penalty = 0.0;
                for (var i = 0; i < gradient.Length; i++)
                {
                    gradient[i] *= c * scale;
                    if (i >= weights) continue;
                    gradient[i] = (gradient[i] + (scaled[i] * scale)) * size;
                    penalty += scaled[i] * scaled[i];
                }
                return ((c * loss) + (penalty / 2)) * scale;
            }
            var at = _last ?? new double[_loss.Length];
            for (var i = 0; i < weights; i++) at[i] /= size;
            var (value, steps) = Lbfgs.Minimize(Objective, at, options.MaxIterations, options.Tolerance * size * size, noise, least);
            for (var i = 0; i < weights; i++) at[i] *= size;
            _last = at;
            var mean = at.AsSpan(weights).ToArray().Average(); // only differences of biases matter
            var head = new LinearHead(data.Classes, new Matrix(_loss.Classes, _loss.Width, [.. at.Take(weights).Select(w => (float)w)]), [.. at.Skip(weights).Select(b => (float)(b - mean))], options.Normalize);
            return new(head, value / scale, steps);
        }
    }
}
