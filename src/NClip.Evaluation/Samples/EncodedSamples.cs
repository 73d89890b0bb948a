namespace NClip.Evaluation;

/// <summary>What a source says of a picture that was encoded.</summary>
/// <param name="Key">Its name within its source.</param>
/// <param name="Captions">Its texts; may be empty.</param>
/// <param name="Label">Its class as the source writes it, or null.</param>
public sealed record SampleFacts(string Key, IReadOnlyList<string> Captions, string? Label);

/// <summary>Pictures of a source as features.</summary>
/// <param name="Images">Features [N, D], as the tower gives them.</param>
/// <param name="Facts">What the source says of each row.</param>
public sealed record EncodedSamples(Matrix Images, IReadOnlyList<SampleFacts> Facts)
{
    /// <summary>Features with the class of each.</summary>
    /// <param name="classes">The classes; null: those that occur.</param>
    /// <exception cref="EvaluationException">A picture has no class, or one that is not among the classes.</exception>
    public LabeledFeatures Labeled(ClassList? classes = null)
    {
        var all = classes ?? ClassList.Of(this);
        return new LabeledFeatures(Images, [.. Facts.Select(f => all.IndexOf(f))], [.. all.Classes.Select(c => c.Label)]);
    }

    /// <summary>All captions in their order, and the row of each one's picture.</summary>
    /// <exception cref="EvaluationException">No picture has a caption.</exception>
    public (IReadOnlyList<string> Texts, IReadOnlyList<int> Pictures) Captions()
    {
        string[] texts = [.. Facts.SelectMany(f => f.Captions)];
        return texts.Length > 0 ? (texts, [.. Facts.SelectMany((f, i) => f.Captions.Select(_ => i))])
            : throw new EvaluationException("no picture has a caption; retrieval needs pictures with texts (docs/data.md says where they are looked for).");
    }
}

/// <summary>Features whose class is known: what probes and adapters learn from.</summary>
/// <param name="Features">Features [N, D], normalised or not.</param>
/// <param name="Labels">The class of each row, 0..C-1.</param>
/// <param name="Classes">The names of the classes, C.</param>
public sealed record LabeledFeatures(Matrix Features, IReadOnlyList<int> Labels, IReadOnlyList<string> Classes)
{
    /// <summary>Number of samples.</summary>
    public int Count => Labels.Count;

    /// <summary>Some of the rows.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public LabeledFeatures Rows(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var values = new float[rows.Count * Features.Columns];
        for (var i = 0; i < rows.Count; i++) Features.Row(rows[i]).CopyTo(values.AsSpan(i * Features.Columns));
        return this with { Features = new Matrix(rows.Count, Features.Columns, values), Labels = [.. rows.Select(r => Labels[r])] };
    }

    /// <summary>The rows divided by their length, as every probe and adapter here takes them.</summary>
    internal LabeledFeatures Unit() => this with { Features = Features.Normalized() };

    /// <summary>Checks that all fits together.</summary>
    /// <exception cref="EvaluationException">It does not.</exception>
    internal LabeledFeatures Checked(string what)
    {
        Check.Labels(Features, Labels, Classes.Count);
        return Classes.Count > 1 ? this : throw new EvaluationException($"the {what} have one class, \"{string.Concat(Classes)}\"; to tell classes apart takes two or more.");
    }
}
