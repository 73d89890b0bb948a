using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>Image tower with a plain ResNet: pixels [N, 3, H, W] -> features [N, D]. (He et al. 2016)</summary>
internal static class ResNetGraph
{
    public static Value Build(GraphWriter g, ResNetSpec spec, Scope w, Value pixels)
    {
        var t = w["trunk"];
        var x = g.Relu(g.BatchNorm(g.Conv(pixels, t["conv1"], stride: 2, padding: 3), t["bn1"]));
        x = g.MaxPool(x, 3, stride: 2, padding: 1);                                                      // [N, C, H/4, W/4]
        for (var s = 0; s < spec.Blocks.Count; s++)
        {
            for (var i = 0; i < spec.Blocks[s]; i++)
            {
                var (at, stride, down) = (t[$"layer{s + 1}"][$"{i}"], ResNetSpec.Stride(s, i), spec.Downsamples(s, i));
                x = spec.Bottleneck ? ResidualBlocks.Bottleneck(g, at, x, stride, down, antiAliased: false) : ResidualBlocks.Basic(g, at, x, stride, down);
            }
        }
        return Projection.Build(g, spec.Projection, w["proj"], g.GlobalAveragePool(x));
    }
}
