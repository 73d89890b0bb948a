using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>Image tower of CLIP's ViT: pixels [N, 3, H, W] -> features [N, D]. (Radford et al. 2021, §2.4; openai/CLIP model.py, VisionTransformer)</summary>
internal static class VisionTransformer
{
    public static T Build<T>(IOperators<T> ops, VisionTransformerSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var width = spec.Block.Width;
        var x = ops.Conv(pixels, w["conv1"], stride: spec.PatchSize, bias: spec.PatchBias);             // [N, W, H/P, W/P]
        x = ops.Transpose(ops.Reshape(x, 0, width, -1), 0, 2, 1);                                       // [N, L, W]
        if (spec.ClassToken) x = ops.Concat(1, ops.Repeat(w["class_embedding"], like: x, 1, width), x); // [N, 1+L, W]
        x = ops.Add(x, w["positional_embedding"]);
        if (spec.NormPre) x = ops.LayerNorm(x, w["ln_pre"], spec.Block.Epsilon);
        (x, var length) = ops.Patches(x, spec.Tokens, kept: spec.ClassToken ? 1 : 0);
        x = ops.Reshape(x, -1, width);                                                                  // [N·(1+L), W]
        for (var i = 0; i < spec.Layers; i++)
            x = spec.Block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, mask: null);
        return Projection.Build(ops, spec.Projection, w["proj"], ImagePool.Build(ops, spec, w, x, length));
    }
}
