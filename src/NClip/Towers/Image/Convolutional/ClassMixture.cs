using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>The head of a trunk that has a classifier of its own (nclip-mini's): features of what the classifier believes and of what the trunk saw.</summary>
internal static class ClassMixture
{
    private const float Least = 1e-12f;

    /// <summary>Pooled features [N, C] to features [N, D]: through both matrices, or through the projection alone where the spec has no classes.</summary>
    public static T Build<T>(IOperators<T> ops, ClassifiedTrunkSpec spec, Scope<T> w, T pooled)
        where T : class
    {
        if (spec.Classes == 0) return Projection.Build(ops, spec.Projection, w["proj"], pooled);
        var (shares, seen) = Describe(ops, spec, pooled, Classify(ops, w["trunk"], pooled));
        return ops.Add(ops.Linear(shares, w["head"]["class_proj"]["weight"], null), Projection.Build(ops, spec.Projection, w["proj"], seen));
    }

    /// <summary>Pooled features [N, C] to logits of the trunk's own classes, the background in front.</summary>
    public static T Classify<T>(IOperators<T> ops, Scope<T> w, T pooled)
        where T : class => ops.Linear(pooled, w["classifier"]);

    /// <summary>
    /// What the classifier believes [N, classes] and what the trunk saw [N, C], both square-rooted to vectors of length 1.
    /// The first lets a class's name be learnt without a picture of it; the second gives things that are none of the classes a place.
    /// Square roots of distributions have length 1 and Hellinger's geometry.
    /// </summary>
    public static (T Shares, T Seen) Describe<T>(IOperators<T> ops, ClassifiedTrunkSpec spec, T pooled, T logits)
        where T : class => (Root(ops, ops.Softmax(ops.Slice(logits, 1, 1, spec.Classes + 1))), ops.Normalize(Root(ops, pooled)));

    private static T Root<T>(IOperators<T> ops, T x)
        where T : class => ops.Sqrt(ops.Clamp(x, Least, null));
}
