using System.Numerics.Tensors;
using NClip.Architectures;

namespace NClip.ZeroShot;

/// <summary>
/// Class weights [C, D] made from prompts, and the answer for a picture's features. Immutable and thread-safe.
/// A class's weight is the normalised mean of the unit features of all its prompts (names x templates), as in
/// open_clip's build_zero_shot_classifier (Radford et al. 2021, section 3.1.4).
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

    /// <summary>Unit class weights [C, D] from prompts.</summary>
    /// <param name="classes">The classes.</param>
    /// <param name="templates">Where the names go.</param>
    /// <param name="encode">Texts to features [N, D], normalised or not.</param>
    internal static Matrix BuildWeights(IReadOnlyList<LabelClass> classes, PromptTemplates templates, Func<IReadOnlyList<string>, Matrix> encode)
    {
        var prompts = classes.Select(c => c.Names.SelectMany(templates.Fill).ToArray()).ToArray();
        var distinct = prompts.SelectMany(p => p).Distinct(StringComparer.Ordinal).ToArray();
        var row = distinct.Select((p, i) => (p, i)).ToDictionary(x => x.p, x => x.i, StringComparer.Ordinal);
        var features = encode(distinct).Normalized();
        var (d, weights) = (features.Columns, new float[classes.Count * features.Columns]);
        for (var c = 0; c < classes.Count; c++)
        {
            var w = weights.AsSpan(c * d, d);
            foreach (var p in prompts[c]) TensorPrimitives.Add(w, features.Row(row[p]), w);
            VectorMath.Normalize(w, w);
        }
        return new Matrix(classes.Count, d, weights);
    }

    private float[] Cosines(ReadOnlySpan<float> features, out float[] unit)
    {
        if (features.Length != _weights.Columns) throw new ArgumentException($"the picture has {features.Length} features, the class weights have {_weights.Columns}; both must come from one model.", nameof(features));
        unit = new float[features.Length];
        VectorMath.Normalize(features, unit);
        var r = new float[_labels.Length];
        for (var i = 0; i < r.Length; i++) r[i] = TensorPrimitives.Dot(unit, _weights.Row(i));
        _unknown?.Hold(r);
        return r;
    }
}
