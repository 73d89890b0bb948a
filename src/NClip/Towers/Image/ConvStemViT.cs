using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>Image tower with a ViT whose patches come from convolutions: pixels [N, 3, H, W] -> features [N, D]. (Vasu et al. 2024, MobileCLIP-B)</summary>
internal static class ConvStemViT
{
    public static T Build<T>(IOperators<T> ops, ConvStemViTSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var (width, stem) = (spec.Block.Width, w["trunk"]["patch_embed"]["backbone"]);
        var x = Layer(ops, stem["0"], pixels, stride: 4, spec.StemPadding);
        x = Layer(ops, stem["1"], x, stride: 2);
        x = ops.Conv(x, stem["2"]["conv"], stride: 2, bias: true);              // [N, W, H/16, W/16]
        x = ops.Transpose(ops.Reshape(x, 0, width, -1), 0, 2, 1);               // [N, L, W]
        x = ops.Add(x, w["positional_embedding"]);
        x = ops.Concat(1, ops.Repeat(w["class_embedding"], like: x, 1, width), x); // [N, 1+L, W]: the class token has no position
        (x, var length) = ops.Patches(x, spec.Patches + 1, kept: 1);
        x = ops.Reshape(x, -1, width);                                          // [N·(1+L), W]
        for (var i = 0; i < spec.Layers; i++)
            x = spec.Block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, mask: null);
        x = ops.Take(ops.Reshape(x, -1, length, width), 1, 0);
        return Projection.Build(ops, spec.Projection, w["proj"], ops.LayerNorm(x, w["ln_post"], spec.Block.Epsilon));
    }

    private static T Layer<T>(IOperators<T> ops, Scope<T> w, T x, int stride, Padding padding = default)
        where T : class => ops.Activate(ops.BatchNorm(ops.Conv(x, w["conv"], stride, padding), w["bn"]), Activation.Gelu);
}
