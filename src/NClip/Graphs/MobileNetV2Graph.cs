using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>Image tower with a MobileNetV2: pixels [N, 3, H, W] -> features [N, D]. (Sandler et al. 2018)</summary>
internal static class MobileNetV2Graph
{
    private const float Least = 1e-12f;

    public static Value Build(GraphWriter g, MobileNetV2Spec spec, Scope w, Value pixels)
    {
        var x = Trunk(g, spec, w["trunk"], pixels);
        return spec.Classes == 0 ? Projection.Build(g, spec.Projection, w["proj"], x) : Mixture(g, spec, w, x);
    }

    /// <summary>What the classifier believes and what the trunk saw, both square-rooted to vectors of length 1, each through a matrix. (src/NClip.Training/Towers/ClassMixtureHead.cs)</summary>
    private static Value Mixture(GraphWriter g, MobileNetV2Spec spec, Scope w, Value x)
    {
        var shares = g.Softmax(g.Slice(g.Linear(x, w["trunk"]["classifier"]), 1, 1, spec.Classes + 1));  // [N, 1000], without the background
        var seen = g.Op("LpNormalization", [Root(g, x)], ("axis", -1), ("p", 2));                        // [N, C]
        return g.Add(g.Linear(Root(g, shares), w["head"]["class_proj"]["weight"], null), Projection.Build(g, spec.Projection, w["proj"], seen));
    }

    private static Value Root(GraphWriter g, Value x) => g.Op("Sqrt", [g.Op("Max", [x, g.Constant(Least)])]);

    /// <summary>Pooled features [N, C].</summary>
    private static Value Trunk(GraphWriter g, MobileNetV2Spec spec, Scope w, Value pixels)
    {
        var x = Relu6(g, g.ConvSame(pixels, w["conv_stem"], stride: 2));
        foreach (var b in spec.Blocks) x = Block(g, b, w["blocks"][b.Name], x);
        return g.GlobalAveragePool(Relu6(g, g.ConvSame(x, w["conv_head"])));
    }

    private static Value Block(GraphWriter g, InvertedResidual b, Scope w, Value x)
    {
        var y = b.Widens ? Relu6(g, g.ConvSame(x, w["conv_pw"])) : x;
        y = Relu6(g, g.ConvSame(y, w["conv_dw"], b.Stride, groups: b.Hidden));
        y = g.ConvSame(y, w[b.Widens ? "conv_pwl" : "conv_pw"]);
        return b.Shortcut ? g.Add(x, y) : y;
    }

    private static Value Relu6(GraphWriter g, Value x) => g.Op("Clip", [x, g.Constant(0f), g.Constant(6f)]);
}
