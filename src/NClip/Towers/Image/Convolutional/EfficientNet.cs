using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>Image tower with an EfficientNet: pixels [N, 3, H, W] -> features [N, D]. (Tan and Le 2019; transformers modeling_align.py, AlignVisionModel)</summary>
internal static class EfficientNet
{
    public static T Build<T>(IOperators<T> ops, EfficientNetSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var x = ops.Conv(pixels, w["stem"]["conv"], stride: 2, padding: new Padding(0, 1));
        x = Norm(ops, spec, w["stem"]["bn"], x, swish: true);                                             // [N, C, H/2, W/2]
        for (var i = 0; i < spec.Blocks.Count; i++) x = Block(ops, spec, spec.Blocks[i], w["blocks"][$"{i}"], x);
        return ops.GlobalAveragePool(x);
    }

    /// <summary>Widen, filter each channel, weigh the channels, narrow.</summary>
    private static T Block<T>(IOperators<T> ops, EfficientNetSpec spec, EfficientNetBlock b, Scope<T> w, T x)
        where T : class
    {
        var y = b.Widens ? Norm(ops, spec, w["expand"]["bn"], ops.Conv(x, w["expand"]["conv"]), swish: true) : x;
        y = ops.Conv(y, w["depthwise"]["conv"], b.Stride, b.Padding, groups: b.Hidden);
        y = Norm(ops, spec, w["depthwise"]["bn"], y, swish: true);
        y = SqueezeExcitation.Build(ops, w["squeeze"]["reduce"], w["squeeze"]["expand"], y, b.Hidden, Activation.Silu);
        y = Norm(ops, spec, w["project"]["bn"], ops.Conv(y, w["project"]["conv"]), swish: false);
        return b.Shortcut ? ops.Add(x, y) : y;
    }

    private static T Norm<T>(IOperators<T> ops, EfficientNetSpec spec, Scope<T> w, T x, bool swish)
        where T : class
    {
        x = ops.BatchNorm(x, w, spec.Epsilon);
        return swish ? ops.Activate(x, Activation.Silu) : x;
    }
}
