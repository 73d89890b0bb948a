namespace NClip.Towers.Image.Convolutional;

/// <summary>MobileNetV2: pixels [N, 3, H, W] -> pooled features [N, C]. (Sandler et al. 2018)</summary>
internal static class MobileNetV2
{
    public static T Pool<T>(IOperators<T> ops, MobileNetV2Spec spec, Scope<T> w, T pixels)
        where T : class
    {
        var x = Relu6(ops, Same(ops, pixels, w["conv_stem"], stride: 2));
        foreach (var b in spec.Blocks) x = Block(ops, b, w["blocks"][b.Name], x);
        return ops.GlobalAveragePool(Relu6(ops, Same(ops, x, w["conv_head"])));
    }

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
