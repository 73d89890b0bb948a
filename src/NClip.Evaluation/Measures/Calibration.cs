using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>One bin of a reliability diagram.</summary>
/// <param name="Count">Samples whose confidence lies in it.</param>
/// <param name="Confidence">Their mean confidence; 0 where there are none.</param>
/// <param name="Accuracy">The share of them that were named right; 0 where there are none.</param>
public readonly record struct CalibrationBin(int Count, double Confidence, double Accuracy);

/// <summary>How far probabilities can be believed.</summary>
/// <param name="Ece">Expected calibration error: the mean over samples of |accuracy - confidence| of their bins (Guo et al. 2017).</param>
/// <param name="Mce">The largest of those.</param>
/// <param name="Nll">Mean negative log-likelihood of the true classes.</param>
/// <param name="Brier">Mean over samples of the sum over classes of (p - y)^2.</param>
/// <param name="Accuracy">Top-1, 0..1.</param>
/// <param name="Bins">Equal bins of the confidence, each without its lower and with its upper edge.</param>
public sealed record CalibrationFigures(double Ece, double Mce, double Nll, double Brier, double Accuracy, IReadOnlyList<CalibrationBin> Bins);

/// <summary>Calibration of probabilities, and the temperature that mends it.</summary>
public static class Calibration
{
    /// <summary>The figures of the softmax of logits divided by a temperature.</summary>
    /// <param name="logits">[N, C].</param>
    /// <param name="labels">The true classes.</param>
    /// <param name="temperature">Above 0.</param>
    /// <param name="bins">Bins of the confidence. Default 15.</param>
    /// <exception cref="EvaluationException">What was given does not fit together.</exception>
    public static CalibrationFigures Measure(Matrix logits, IReadOnlyList<int> labels, double temperature = 1, int bins = 15)
    {
        Check.Labels(logits, labels);
        if (temperature is not > 0 || bins < 1) throw new EvaluationException(FormattableString.Invariant($"a temperature of {temperature} and {bins} bins; both must be above 0."));
        return OfProbabilities(logits.Rows, logits.Columns, i => Probabilities(logits.Row(i), temperature), labels, bins);
    }

    /// <summary>The temperature by which logits are to be divided so that the negative log-likelihood is least (Guo et al. 2017, section 4.2): between e^-7 and e^7.</summary>
    /// <exception cref="EvaluationException">What was given does not fit together.</exception>
    public static double Temperature(Matrix logits, IReadOnlyList<int> labels)
    {
        Check.Labels(logits, labels);
        // One valley in log T: the likelihood is convex in 1/T. Golden sections.
        var (ratio, low, high) = ((Math.Sqrt(5) - 1) / 2, -7.0, 7.0);
        var (a, b) = (high - (ratio * (high - low)), low + (ratio * (high - low)));
        var (atA, atB) = (Likelihood(logits, labels, a), Likelihood(logits, labels, b));
        while (high - low > 1e-9)
        {
            if (atA < atB)
            {
                (high, b, atB) = (b, a, atA);
                a = high - (ratio * (high - low));
                atA = Likelihood(logits, labels, a);
            }
            else
            {
                (low, a, atA) = (a, b, atB);
                b = low + (ratio * (high - low));
                atB = Likelihood(logits, labels, b);
            }
        }
        return Math.Exp((low + high) / 2);
    }

    /// <summary>The figures of rows of probabilities.</summary>
    internal static CalibrationFigures OfProbabilities(int rows, int classes, Func<int, double[]> row, IReadOnlyList<int> labels, int bins)
    {
        var (counts, confidences, hits) = (new int[bins], new double[bins], new int[bins]);
        var (nll, brier, right) = (0.0, 0.0, 0);
        for (var i = 0; i < rows; i++)
        {
            var p = row(i);
            var best = TensorPrimitives.IndexOfMax<double>(p);
            nll -= Math.Log(Math.Max(p[labels[i]], 1e-300));
            for (var c = 0; c < classes; c++) brier += (p[c] - (c == labels[i] ? 1 : 0)) * (p[c] - (c == labels[i] ? 1 : 0));
            if (best == labels[i]) right++;
            var bin = Bin(p[best], bins);
            if (bin < 0) continue;
            counts[bin]++;
            confidences[bin] += p[best];
            if (best == labels[i]) hits[bin]++;
        }
        CalibrationBin[] all = [.. counts.Select((n, b) => n == 0 ? default : new CalibrationBin(n, confidences[b] / n, (double)hits[b] / n))];
        return new(all.Sum(b => Math.Abs(b.Accuracy - b.Confidence) * b.Count) / rows, all.Max(b => Math.Abs(b.Accuracy - b.Confidence)), nll / rows, brier / rows, (double)right / rows, all);
    }

    // The bin (lo, hi] whose edges are i / bins as they are in double.
    private static int Bin(double confidence, int bins)
    {
        var bin = Math.Min(bins - 1, (int)(confidence * bins));
        while (bin >= 0 && confidence <= Edge(bin, bins)) bin--;
        while (bin < bins - 1 && confidence > Edge(bin + 1, bins)) bin++;
        return bin;
    }

    private static double Edge(int i, int bins) => i == bins ? 1 : i * (1.0 / bins);

    private static double Likelihood(Matrix logits, IReadOnlyList<int> labels, double logTemperature)
    {
        var (sum, temperature) = (0.0, Math.Exp(logTemperature));
        for (var i = 0; i < labels.Count; i++) sum += Entropy.Residual(Scaled(logits.Row(i), temperature), labels[i]);
        return sum;
    }

    private static double[] Probabilities(ReadOnlySpan<float> logits, double temperature)
    {
        var row = Scaled(logits, temperature);
        Entropy.Softmax(row);
        return row;
    }

    private static double[] Scaled(ReadOnlySpan<float> logits, double temperature)
    {
        var row = new double[logits.Length];
        for (var c = 0; c < row.Length; c++) row[c] = logits[c] / temperature;
        return row;
    }
}
