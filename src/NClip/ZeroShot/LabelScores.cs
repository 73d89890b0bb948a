using NClip.Foundation;

namespace NClip;

/// <summary>One label's answer.</summary>
/// <param name="Label">The label as it was given.</param>
/// <param name="Score">What the enclosing type says: a share of a distribution, a probability, or a cosine.</param>
/// <param name="Cosine">Cosine of the picture's and the label's features, -1..1.</param>
public readonly record struct LabelScore(string Label, float Score, float Cosine);

/// <summary>
/// The answer for one picture, best label first. Its type says what the scores mean: <see cref="LabelDistribution"/>,
/// <see cref="LabelProbabilities"/> or <see cref="LabelCosines"/>.
/// </summary>
public abstract class LabelScores
{
    private protected LabelScores(IReadOnlyList<LabelScore> ranked) => Ranked = ranked;

    /// <summary>All labels, best first; equal scores keep the order in which the labels were given.</summary>
    public IReadOnlyList<LabelScore> Ranked { get; }

    /// <summary>The best of the given labels: there is always one. Where 'none of these' is likelier still (<see cref="LabelDistribution.IsNone"/>), it is the label that would be second.</summary>
    public LabelScore Best => Ranked[0];

    /// <summary>The label to answer with: <see cref="Best"/>, or null where 'none of these' was asked for and is likelier.</summary>
    public virtual LabelScore? Answer => Best;

    /// <summary>The first <paramref name="count"/> labels.</summary>
    public IReadOnlyList<LabelScore> Top(int count) => [.. Ranked.Take(count)];

    /// <summary>The labels whose score is at least <paramref name="threshold"/>, best first; may be empty.</summary>
    public IReadOnlyList<LabelScore> Above(float threshold) => [.. Ranked.TakeWhile(s => s.Score >= threshold)];

    private protected static IReadOnlyList<LabelScore> Rank(IReadOnlyList<string> labels, ReadOnlySpan<float> scores, ReadOnlySpan<float> cosines)
    {
        var r = new LabelScore[labels.Count];
        for (var i = 0; i < r.Length; i++) r[i] = new LabelScore(labels[i], scores[i], cosines[i]);
        return [.. r.OrderByDescending(s => s.Score)]; // OrderBy is stable
    }
}

/// <summary>Softmax over the given labels (and, if asked for, 'none of these'): scores that add up to one. They say which label fits best, not whether one fits.</summary>
public sealed class LabelDistribution : LabelScores
{
    internal LabelDistribution(IReadOnlyList<string> labels, ReadOnlySpan<float> logits, ReadOnlySpan<float> cosines, float? noneLogit = null)
        : this(labels, Split(logits, noneLogit), cosines) { }

    private LabelDistribution(IReadOnlyList<string> labels, (float[] Shares, float? None) s, ReadOnlySpan<float> cosines)
        : base(Rank(labels, s.Shares, cosines)) => None = s.None;

    /// <summary>Share of 'none of these', or null where it was not asked for.</summary>
    public float? None { get; }

    /// <summary>True where 'none of these' was asked for and is likelier than the best label.</summary>
    public bool IsNone => None > Best.Score;

    /// <inheritdoc/>
    public override LabelScore? Answer => IsNone ? null : Best;

    private static (float[] Shares, float? None) Split(ReadOnlySpan<float> logits, float? noneLogit)
    {
        float[] all = noneLogit is { } n ? [.. logits, n] : [.. logits];
        VectorMath.Softmax(all, all);
        return noneLogit is null ? (all, null) : (all[..^1], all[^1]);
    }
}

/// <summary>Sigmoid for each label by itself, as SigLIP is trained: independent probabilities that need not add up to one.</summary>
public sealed class LabelProbabilities : LabelScores
{
    internal LabelProbabilities(IReadOnlyList<string> labels, ReadOnlySpan<float> logits, ReadOnlySpan<float> cosines)
        : base(Rank(labels, new Matrix(1, logits.Length, logits.ToArray()).Sigmoid().Values, cosines)) { }
}

/// <summary>Cosines, neither shares nor probabilities: fit for ranking and for thresholds found by measuring.</summary>
public sealed class LabelCosines : LabelScores
{
    internal LabelCosines(IReadOnlyList<string> labels, ReadOnlySpan<float> cosines) : base(Rank(labels, cosines, cosines)) { }
}
