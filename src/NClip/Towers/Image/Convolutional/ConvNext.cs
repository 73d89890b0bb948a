using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>Image tower with a ConvNeXt: pixels [N, 3, H, W] -> features [N, D]. (Liu et al. 2022, §2)</summary>
internal static class ConvNext
{
    public static T Build<T>(IOperators<T> ops, ConvNextSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var t = w["trunk"];
        var x = ops.Conv(pixels, t["stem"]["0"], stride: 4, bias: true);
        x = ChannelNorm.Build(ops, t["stem"]["1"], x, spec.Epsilon);                       // [N, C, H/4, W/4]
        for (var s = 0; s < spec.Depths.Count; s++)
        {
            var stage = t["stages"][$"{s}"];
            if (s > 0) x = ops.Conv(ChannelNorm.Build(ops, stage["downsample"]["0"], x, spec.Epsilon), stage["downsample"]["1"], stride: 2, bias: true);
            for (var i = 0; i < spec.Depths[s]; i++) x = Block(ops, spec, stage["blocks"][$"{i}"], x, spec.Channels[s]);
        }
        x = ops.LayerNorm(ops.GlobalAveragePool(x), t["head"]["norm"], spec.Epsilon); // [N, C]
        return Projection.Build(ops, spec.Projection, w["proj"], x);
    }

    /// <summary>Depthwise 7x7, then per pixel: norm, widen, GELU, narrow, scale; added to the input.</summary>
    private static T Block<T>(IOperators<T> ops, ConvNextSpec spec, Scope<T> w, T x, int channels)
        where T : class
    {
        var y = ops.Conv(x, w["conv_dw"], padding: 3, groups: channels, bias: true);
        var last = ops.Transpose(y, 0, 2, 3, 1);                                      // [N, H, W, C]
        y = ops.LayerNorm(ops.Reshape(last, -1, channels), w["norm"], spec.Epsilon);
        y = ops.Linear(ops.Activate(ops.Linear(y, w["mlp"]["fc1"]), Activation.Gelu), w["mlp"]["fc2"]);
        y = ops.ReshapeLike(ops.Mul(y, w["gamma"]), last);
        return ops.Add(x, ops.Transpose(y, 0, 3, 1, 2));
    }
}
