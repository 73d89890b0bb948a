using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>Image tower with a MobileNetV2: pixels [N, 3, H, W] -> features [N, D]. (Sandler et al. 2018)</summary>
internal static class MobileNetV2
{
    private const float Least = 1e-12f;

    public static T Build<T>(IOperators<T> ops, MobileNetV2Spec spec, Scope<T> w, T pixels)
        where T : class
    {
        var x = Trunk(ops, spec, w["trunk"], pixels);
        if (spec.Classes == 0) return Projection.Build(ops, spec.Projection, w["proj"], x);
        var (shares, seen) = Describe(ops, spec, x, Classify(ops, w["trunk"], x));
        return ops.Add(ops.Linear(shares, w["head"]["class_proj"]["weight"], null), Projection.Build(ops, spec.Projection, w["proj"], seen));
    }

    /// <summary>Pooled features [N, C].</summary>
    public static T Trunk<T>(IOperators<T> ops, MobileNetV2Spec spec, Scope<T> w, T pixels)
        where T : class
    {
        var x = Relu6(ops, Same(ops, pixels, w["conv_stem"], stride: 2));
        foreach (var b in spec.Blocks) x = Block(ops, b, w["blocks"][b.Name], x);
        return ops.GlobalAveragePool(Relu6(ops, Same(ops, x, w["conv_head"])));
    }

    /// <summary>Pooled features [N, C] to logits of the trunk's own classes, the background in front.</summary>
    public static T Classify<T>(IOperators<T> ops, Scope<T> w, T pooled)
        where T : class => ops.Linear(pooled, w["classifier"]);

    /// <summary>
    /// What the classifier believes [N, classes] and what the trunk saw [N, C], both square-rooted to vectors of length 1.
    /// The first lets a class's name be learnt without a picture of it; the second gives things that are none of the classes a place.
    /// Square roots of distributions have length 1 and Hellinger's geometry.
    /// </summary>
    public static (T Shares, T Seen) Describe<T>(IOperators<T> ops, MobileNetV2Spec spec, T pooled, T logits)
        where T : class => (Root(ops, ops.Softmax(ops.Slice(logits, 1, 1, spec.Classes + 1))), ops.Normalize(Root(ops, pooled)));

    private static T Root<T>(IOperators<T> ops, T x)
        where T : class => ops.Sqrt(ops.Clamp(x, Least, null));

    private static T Block<T>(IOperators<T> ops, InvertedResidual b, Scope<T> w, T x)
        where T : class
    {
        var y = b.Widens ? Relu6(ops, Same(ops, x, w["conv_pw"])) : x;
        y = Relu6(ops, Same(ops, y, w["conv_dw"], b.Stride, b.Hidden));
        y = Same(ops, y, w[b.Widens ? "conv_pwl" : "conv_pw"]);
        return b.Shortcut ? ops.Add(x, y) : y;
    }

    private static T Same<T>(IOperators<T> ops, T x, Scope<T> w, int stride = 1, int groups = 1)
        where T : class => ops.Conv(x, w, stride, Padding.Same, groups, bias: true);

    private static T Relu6<T>(IOperators<T> ops, T x)
        where T : class => ops.Clamp(x, 0, 6);
}
