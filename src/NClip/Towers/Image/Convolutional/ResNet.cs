using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>Image tower with a plain ResNet: pixels [N, 3, H, W] -> features [N, D]. (He et al. 2016)</summary>
internal static class ResNet
{
    public static T Build<T>(IOperators<T> ops, ResNetSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var t = w["trunk"];
        var x = ops.Relu(ops.BatchNorm(ops.Conv(pixels, t["conv1"], stride: 2, padding: 3), t["bn1"]));
        x = ops.MaxPool(x, 3, stride: 2, padding: 1); // [N, C, H/4, W/4]
        for (var s = 0; s < spec.Blocks.Count; s++)
        {
            for (var i = 0; i < spec.Blocks[s]; i++)
            {
                var (at, stride, down) = (t[$"layer{s + 1}"][$"{i}"], ResNetSpec.Stride(s, i), spec.Downsamples(s, i));
                x = spec.Bottleneck ? ResidualBlocks.Bottleneck(ops, at, x, stride, down, antiAliased: false) : ResidualBlocks.Basic(ops, at, x, stride, down);
            }
        }
        return Projection.Build(ops, spec.Projection, w["proj"], ops.GlobalAveragePool(x));
    }
}
