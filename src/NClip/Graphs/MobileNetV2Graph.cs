using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>Image tower with a MobileNetV2: pixels [N, 3, H, W] -> features [N, D]. (Sandler et al. 2018)</summary>
internal static class MobileNetV2Graph
{
    public static Value Build(GraphWriter g, MobileNetV2Spec spec, Scope w, Value pixels) =>
        Projection.Build(g, spec.Projection, w["proj"], Trunk(g, spec, w["trunk"], pixels));

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
