using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>Image tower of CLIP's ViT: pixels [N, 3, H, W] -> features [N, D]. (Radford et al. 2021, §2.4; openai/CLIP model.py, VisionTransformer)</summary>
internal static class VisionTransformer
{
    public static T Build<T>(IOperators<T> ops, VisionTransformerSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var width = spec.Block.Width;
        var x = PatchTokens.Build(ops, w, pixels, spec.PatchSize, width, spec.PatchBias, spec.ClassToken); // [N, 1+L, W]
        if (spec.NormPre) x = ops.LayerNorm(x, w["ln_pre"], spec.Block.Epsilon);
        (x, var length) = ops.Patches(x, spec.Tokens, kept: spec.ClassToken ? 1 : 0);
        x = ops.Reshape(x, -1, width);                                                                     // [N·(1+L), W]
        for (var i = 0; i < spec.Layers; i++)
            x = spec.Block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, mask: null);
        return Projection.Build(ops, spec.Projection, w["proj"], ImagePool.Build(ops, spec, w, x, length));
    }
}
