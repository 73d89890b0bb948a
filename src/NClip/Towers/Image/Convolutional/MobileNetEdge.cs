namespace NClip.Towers.Image.Convolutional;

/// <summary>MobileNetEdgeTPU: pixels [N, 3, H, W] -> pooled features [N, C]. (Howard and Gupta 2019, "Introducing the next generation of on-device vision models")</summary>
internal static class MobileNetEdge
{
    public static T Pool<T>(IOperators<T> ops, MobileNetEdgeSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var x = Capped(ops, pixels, w["conv_stem"], stride: 2);
        foreach (var (i, b) in spec.Blocks.Index()) x = Block(ops, b, w["blocks"][$"{i}"], x);
        return ops.GlobalAveragePool(Capped(ops, x, w["conv_head"]));
    }

    private static T Block<T>(IOperators<T> ops, EdgeBlock b, Scope<T> w, T x)
        where T : class
    {
        var y = b.Kind switch
        {
            EdgeBlockKind.Narrowing => x,
            EdgeBlockKind.Fused => Capped(ops, x, w["conv_exp"], b.Stride),
            _ => Capped(ops, Capped(ops, x, w["conv_pw"]), w["conv_dw"], b.Stride, b.Hidden),
        };
        y = Same(ops, y, w["conv_pwl"]);
        return b.Shortcut ? ops.Add(x, y) : y;
    }

    /// <summary>A convolution, and max(x, 0), which ends where the layer's 8-bit numbers did when it was trained.</summary>
    private static T Capped<T>(IOperators<T> ops, T x, Scope<T> w, int stride = 1, int groups = 1)
        where T : class => ops.Within(Same(ops, x, w, stride, groups), 0, w["cap"]);

    private static T Same<T>(IOperators<T> ops, T x, Scope<T> w, int stride = 1, int groups = 1)
        where T : class => ops.Conv(x, w, stride, Padding.Same, groups, bias: true);
}
