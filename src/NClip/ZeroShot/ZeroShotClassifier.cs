using System.Numerics.Tensors;
using NClip.Architectures;
using NClip.Foundation;

namespace NClip.ZeroShot;

/// <summary>
/// Class weights [C, D] made from prompts, and the answer for a picture's features. Immutable and thread-safe; it does not need the model any more.
/// </summary>
public sealed class ZeroShotClassifier
{
    private readonly Matrix _weights;
    private readonly string[] _labels;
    private readonly float _scale, _bias;
    private readonly LogitKind _kind;
    private readonly NoneOfThese? _none;
    private readonly UnknownNames? _unknown;

    internal ZeroShotClassifier(IReadOnlyList<string> labels, Matrix weights, float scale, float bias, LogitKind kind, NoneOfThese? none = null, UnknownNames? unknown = null)
        => (_labels, _weights, _scale, _bias, _kind, _none, _unknown) = ([.. labels], weights, scale, bias, kind, none, unknown);

    /// <summary>The labels, in the order given.</summary>
    public IReadOnlyList<string> Labels => _labels;

    /// <summary>Unit class weights [C, D].</summary>
    public Matrix Weights => _weights;

    /// <summary>
    /// The answer for one picture: <see cref="LabelDistribution"/> for softmax models, <see cref="LabelProbabilities"/> for sigmoid models.
    /// With 'none of these', a sigmoid model's answer stays independent probabilities: no label above 0.5 says none by itself.
    /// </summary>
    /// <param name="imageFeatures">Features [D], normalised or not.</param>
    /// <exception cref="ArgumentException">The features have another length than the weights.</exception>
    public LabelScores Classify(ReadOnlySpan<float> imageFeatures)
    {
        var cosines = Cosines(imageFeatures, out var unit);
        var logits = new float[cosines.Length];
        for (var i = 0; i < logits.Length; i++) logits[i] = (_scale * cosines[i]) + _bias;
        return _kind == LogitKind.Sigmoid
            ? new LabelProbabilities(_labels, logits, cosines)
            : new LabelDistribution(_labels, logits, cosines, _none?.Logit(unit, _scale));
    }

    /// <summary>The cosines alone, ranked.</summary>
    public LabelCosines Compare(ReadOnlySpan<float> imageFeatures) => new(_labels, Cosines(imageFeatures, out _));

    private float[] Cosines(ReadOnlySpan<float> features, out float[] unit)
    {
        if (features.Length != _weights.Columns) throw new ArgumentException($"the picture has {features.Length} features, the class weights have {_weights.Columns}; both must come from one model.");
        unit = new float[features.Length];
        VectorMath.Normalize(features, unit);
        var r = new float[_labels.Length];
        for (var i = 0; i < r.Length; i++) r[i] = TensorPrimitives.Dot(unit, _weights.Row(i));
        _unknown?.Hold(r);
        return r;
    }
}
