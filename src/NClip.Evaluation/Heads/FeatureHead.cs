using NClip.Checkpoints;

namespace NClip.Evaluation;

/// <summary>A classifier over features that was learnt from samples. It is kept as a safetensors file, which <c>nclip classify --head</c> reads.</summary>
public abstract class FeatureHead
{
    private protected FeatureHead(IReadOnlyList<string> classes) => Classes = [.. classes];

    /// <summary>The names of the classes, C.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Number of features, D, of the model it belongs to.</summary>
    public abstract int Width { get; }

    /// <summary>Logits [N, C] of features [N, D], normalised or not; their softmax are the shares.</summary>
    /// <exception cref="EvaluationException">The features are of another model.</exception>
    public Matrix Logits(Matrix features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.Columns != Width) throw new EvaluationException(FormattableString.Invariant($"the pictures have {features.Columns} features, the head was made for {Width}. Use the model that it was made with."));
        return Score(features);
    }

    /// <summary>Writes the head as a file.</summary>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public void Save(string path) => HeadFile.Write(path, this);

    /// <summary>Reads a head that <see cref="Save"/> wrote.</summary>
    /// <exception cref="ClipException">The file is not there, or no head.</exception>
    public static FeatureHead Load(string path) => HeadFile.Read(path);

    /// <summary>Share of the samples whose class has the greatest logit.</summary>
    internal double Accuracy(LabeledFeatures samples) => Classification.Accuracy(Logits(samples.Features), samples.Labels);

    private protected abstract Matrix Score(Matrix features);

    /// <summary>What the file holds.</summary>
    internal abstract (string Kind, IEnumerable<(string Name, long[] Shape, float[] Values)> Tensors, IEnumerable<(string Key, string Value)> Settings) Parts();
}

/// <summary>Logits W f + b: a linear probe, or LP++.</summary>
public sealed class LinearHead : FeatureHead
{
    internal const string Kind = "linear";

    /// <param name="classes">The names of the classes, C.</param>
    /// <param name="weight">[C, D].</param>
    /// <param name="bias">[C].</param>
    /// <param name="normalize">Whether features are divided by their length first.</param>
    /// <exception cref="EvaluationException">The sizes do not fit.</exception>
    public LinearHead(IReadOnlyList<string> classes, Matrix weight, IReadOnlyList<float> bias, bool normalize = true)
        : base(classes)
    {
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(bias);
        if (weight.Rows != Classes.Count || bias.Count != Classes.Count) throw new EvaluationException(FormattableString.Invariant($"{Classes.Count} classes with {weight.Rows} rows of weights and {bias.Count} biases; each class has one of both."));
        (Weight, Bias, Normalize) = (weight, [.. bias], normalize);
    }

    /// <summary>[C, D].</summary>
    public Matrix Weight { get; }

    /// <summary>[C].</summary>
    public IReadOnlyList<float> Bias { get; }

    /// <summary>Whether features are divided by their length first.</summary>
    public bool Normalize { get; }

    /// <inheritdoc/>
    public override int Width => Weight.Columns;

    private protected override Matrix Score(Matrix features)
    {
        var logits = (Normalize ? features.Normalized() : features).TimesTransposed(Weight).ToArray();
        for (var i = 0; i < logits.Length; i++) logits[i] += Bias[i % Bias.Count];
        return new Matrix(features.Rows, Classes.Count, logits);
    }

    internal override (string, IEnumerable<(string, long[], float[])>, IEnumerable<(string, string)>) Parts() =>
        (Kind, [("weight", [Weight.Rows, Weight.Columns], Weight.ToArray()), ("bias", [Bias.Count], [.. Bias])], [("normalize", Normalize ? "true" : "false")]);
}
