using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>Share of the queries, 0..1, that find one of their own among the first 1, 5 and 10, and the rank at which the median query does (from 1).</summary>
public sealed record RecallFigures(double R1, double R5, double R10, double MedianRank);

/// <summary>Retrieval both ways.</summary>
/// <param name="TextToImage">Each text looks for its picture.</param>
/// <param name="ImageToText">Each picture looks for any of its texts (Karpathy and Fei-Fei 2015, as CLIP reports it). Pictures without a text do not ask.</param>
/// <param name="Images">Pictures.</param>
/// <param name="Texts">Texts.</param>
public sealed record RetrievalFigures(RecallFigures TextToImage, RecallFigures ImageToText, int Images, int Texts);

/// <summary>Recall at 1, 5 and 10 with several texts a picture. Of equal scores the one that comes first counts as greater.</summary>
public static class RetrievalEvaluation
{
    private const int Block = 256; // pictures whose scores are held at once

    /// <summary>The figures of features, by their cosines. The product [N, M] is never held.</summary>
    /// <param name="images">Features [N, D], normalised or not.</param>
    /// <param name="texts">Features [M, D], normalised or not.</param>
    /// <param name="pictures">The picture that each text belongs to, 0..N-1.</param>
    /// <param name="cancellationToken">Heard between blocks of pictures.</param>
    /// <exception cref="EvaluationException">There is no text, or what was given does not fit together.</exception>
    public static RetrievalFigures Measure(Matrix images, Matrix texts, IReadOnlyList<int> pictures, CancellationToken cancellationToken = default)
    {
        Check.Labels(texts, pictures, images?.Rows ?? 0);
        Check.Width(images!, "pictures", texts, "texts");
        var (unit, units) = (images!.Normalized(), texts.Normalized());
        var own = new float[texts.Rows];
        for (var t = 0; t < own.Length; t++) own[t] = TensorPrimitives.Dot(unit.Row(pictures[t]), units.Row(t));
        return Measure(Blocks(unit, units, cancellationToken), own, pictures, images.Rows);
    }

    /// <summary>The figures of scores [N pictures, M texts].</summary>
    /// <exception cref="EvaluationException">There is no text, or what was given does not fit together.</exception>
    public static RetrievalFigures MeasureScores(Matrix scores, IReadOnlyList<int> pictures)
    {
        if (scores is null || pictures is null) throw new EvaluationException($"the {(scores is null ? "matrix" : "list of pictures")} is null.");
        Check.Labels(scores.Transposed(), pictures);
        return Measure([(0, scores)], [.. pictures.Select((p, t) => scores[p, t])], pictures, scores.Rows);
    }

    private static IEnumerable<(int First, Matrix Scores)> Blocks(Matrix images, Matrix texts, CancellationToken cancellationToken)
    {
        for (var first = 0; first < images.Rows; first += Block)
        {
            var count = Math.Min(Block, images.Rows - first);
            var block = new Matrix(count, images.Columns, images.Values.Slice(first * images.Columns, count * images.Columns).ToArray());
            yield return (first, block.TimesTransposed(texts, 1, cancellationToken));
        }
    }

    private static RetrievalFigures Measure(IEnumerable<(int First, Matrix Scores)> blocks, float[] own, IReadOnlyList<int> pictures, int images)
    {
        var best = new int[images]; // the text of each picture that comes first in its ranking
        Array.Fill(best, -1);
        for (var t = 0; t < own.Length; t++)
            if (best[pictures[t]] is var b && (b < 0 || own[t] > own[b])) best[pictures[t]] = t;
        var (textRanks, imageRanks) = (new int[own.Length], new int[images]);
        foreach (var (first, scores) in blocks)
            for (var i = first; i < first + scores.Rows; i++)
            {
                var row = scores.Row(i - first);
                for (var t = 0; t < row.Length; t++)
                    if (row[t] > own[t] || (row[t] == own[t] && i < pictures[t])) textRanks[t]++;
                if (best[i] >= 0) imageRanks[i] = Before(row, best[i]);
            }
        return new(Recall(textRanks), Recall([.. imageRanks.Where((_, i) => best[i] >= 0)]), images, own.Length);
    }

    private static int Before(ReadOnlySpan<float> row, int text)
    {
        var (rank, score) = (0, row[text]);
        for (var t = 0; t < row.Length; t++) if (row[t] > score || (row[t] == score && t < text)) rank++;
        return rank;
    }

    private static RecallFigures Recall(int[] ranks)
    {
        int[] sorted = [.. ranks.Order()];
        double At(int k) => (double)sorted.Count(r => r < k) / sorted.Length;
        return new(At(1), At(5), At(10), 1 + ((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2.0));
    }
}
