using NClip.Data;

namespace NClip.Evaluation;

/// <summary>Draws of a few samples of each class.</summary>
public static class ShotDraw
{
    /// <summary>So many samples of each class, or all where there are fewer, drawn by a seed. A draw of fewer is part of one of more.</summary>
    /// <exception cref="EvaluationException">The number is not 1 or more, or the features do not fit.</exception>
    public static LabeledFeatures Draw(LabeledFeatures all, int shots, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(all);
        all.Checked("training features");
        if (shots < 1) throw new EvaluationException(FormattableString.Invariant($"{shots} shots of each class; 1 or more are expected."));
        return all.Rows([.. ByClass(all, seed).SelectMany(rows => rows.Take(shots)).Order()]);
    }

    /// <summary>The rows of each class in a random order.</summary>
    internal static IEnumerable<int[]> ByClass(LabeledFeatures all, ulong seed) => all.Labels.Index().GroupBy(l => l.Item, l => l.Index).OrderBy(g => g.Key).Select(g =>
    {
        int[] rows = [.. g];
        SampleRandom.Of(seed, "shots", all.Classes[g.Key]).Shuffle(rows);
        return rows;
    });
}
