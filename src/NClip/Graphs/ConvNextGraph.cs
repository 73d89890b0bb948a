using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>Image tower with a ConvNeXt: pixels [N, 3, H, W] -> features [N, D]. (Liu et al. 2022, §2)</summary>
internal static class ConvNextGraph
{
    public static Value Build(GraphWriter g, ConvNextSpec spec, Scope w, Value pixels)
    {
        var t = w["trunk"];
        var x = g.Conv(pixels, t["stem"]["0"], stride: 4, bias: true);
        x = ChannelNorm(g, spec, t["stem"]["1"], x);                                                     // [N, C, H/4, W/4]
        for (var s = 0; s < spec.Depths.Count; s++)
        {
            var stage = t["stages"][$"{s}"];
            if (s > 0) x = g.Conv(ChannelNorm(g, spec, stage["downsample"]["0"], x), stage["downsample"]["1"], stride: 2, bias: true);
            for (var i = 0; i < spec.Depths[s]; i++) x = Block(g, spec, stage["blocks"][$"{i}"], x, spec.Channels[s]);
        }
        x = g.LayerNorm(g.GlobalAveragePool(x), t["head"]["norm"], spec.Epsilon);                        // [N, C]
        return Projection.Build(g, spec.Projection, w["proj"], x);
    }

    /// <summary>Depthwise 7x7, then per pixel: norm, widen, GELU, narrow, scale; added to the input.</summary>
    private static Value Block(GraphWriter g, ConvNextSpec spec, Scope w, Value x, int channels)
    {
        var y = g.Conv(x, w["conv_dw"], padding: 3, groups: channels, bias: true);
        var last = g.Transpose(y, 0, 2, 3, 1);                                                           // [N, H, W, C]
        y = g.LayerNorm(g.Reshape(last, -1, channels), w["norm"], spec.Epsilon);
        y = g.Linear(g.Activate(g.Linear(y, w["mlp"]["fc1"]), Activation.Gelu), w["mlp"]["fc2"]);
        y = g.Op("Reshape", [g.Mul(y, w["gamma"]), g.Op("Shape", [last])]);
        return g.Add(x, g.Transpose(y, 0, 3, 1, 2));
    }

    /// <summary>Layer norm over the channels of each pixel.</summary>
    private static Value ChannelNorm(GraphWriter g, ConvNextSpec spec, Scope w, Value x) =>
        g.Transpose(g.LayerNorm(g.Transpose(x, 0, 2, 3, 1), w, spec.Epsilon), 0, 3, 1, 2);
}
