using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>How well scores name the classes.</summary>
/// <param name="Top1">Share of the samples whose own class has the greatest score, 0..1.</param>
/// <param name="Top5">Share whose own class is among the five greatest.</param>
/// <param name="MeanPerClass">Mean over the classes that occur of the share of their samples that were named right.</param>
/// <param name="Count">Samples.</param>
public sealed record ClassificationFigures(double Top1, double Top5, double MeanPerClass, int Count);

/// <summary>Top-1, top-5 and mean per class from scores. Of equal scores the class that comes first counts as greater.</summary>
public static class Classification
{
    /// <summary>The figures of scores [N, C].</summary>
    /// <param name="scores">Cosines, logits or probabilities; only their order counts.</param>
    /// <param name="labels">The true class of each row, 0..C-1.</param>
    /// <exception cref="EvaluationException">There are no rows, another number of labels, or a label is no class.</exception>
    public static ClassificationFigures Measure(Matrix scores, IReadOnlyList<int> labels)
    {
        Check.Labels(scores, labels);
        var (hits, counts, five) = (new int[scores.Columns], new int[scores.Columns], 0);
        for (var i = 0; i < labels.Count; i++)
        {
            var rank = Rank(scores.Row(i), labels[i]);
            counts[labels[i]]++;
            if (rank == 0) hits[labels[i]]++;
            if (rank < 5) five++;
        }
        var perClass = counts.Index().Where(c => c.Item > 0).Average(c => (double)hits[c.Index] / c.Item);
        return new((double)hits.Sum() / labels.Count, (double)five / labels.Count, perClass, labels.Count);
    }

    /// <summary>How often each class was taken for each: [true class, named class].</summary>
    /// <exception cref="EvaluationException">There are no rows, another number of labels, or a label is no class.</exception>
    public static int[,] Confusion(Matrix scores, IReadOnlyList<int> labels)
    {
        Check.Labels(scores, labels);
        var r = new int[scores.Columns, scores.Columns];
        for (var i = 0; i < labels.Count; i++) r[labels[i], Best(scores.Row(i))]++;
        return r;
    }

    /// <summary>Share of the rows whose greatest score is their own class's.</summary>
    internal static double Accuracy(Matrix scores, IReadOnlyList<int> labels)
    {
        var hits = 0;
        for (var i = 0; i < labels.Count; i++) if (Best(scores.Row(i)) == labels[i]) hits++;
        return (double)hits / labels.Count;
    }

    /// <summary>The first of the greatest scores.</summary>
    internal static int Best(ReadOnlySpan<float> scores) => TensorPrimitives.IndexOfMax(scores);

    private static int Rank(ReadOnlySpan<float> scores, int own)
    {
        var (rank, score) = (0, scores[own]);
        for (var j = 0; j < scores.Length; j++) if (scores[j] > score || (scores[j] == score && j < own)) rank++;
        return rank;
    }
}
