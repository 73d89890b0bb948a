using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>Softmax and cross entropy of one row, in double.</summary>
internal static class Entropy
{
    /// <summary>Logits become probabilities.</summary>
    /// <returns>The logarithm of the sum of the exponentials.</returns>
    public static double Softmax(Span<double> row)
    {
        var max = TensorPrimitives.Max<double>(row);
        var sum = 0.0;
        foreach (ref var v in row) sum += v = Math.Exp(v - max);
        foreach (ref var v in row) v /= sum;
        return max + Math.Log(sum);
    }

    /// <summary>Logits become probabilities less one at the true class: the gradient of the cross entropy, which is returned.</summary>
    public static double Residual(Span<double> row, int label)
    {
        var own = row[label];
        var log = Softmax(row);
        row[label] -= 1;
        return log - own;
    }
}
