using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>Image tower of PE-Core: pixels [N, 3, H, W] -> features [N, D]. (Bolya et al. 2025; perception_models pe.py, VisionTransformer)</summary>
internal static class PerceptionEncoder
{
    public static T Build<T>(IOperators<T> ops, PerceptionEncoderSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var (width, block, epsilon) = (spec.Sizes.Width, spec.Block, spec.Sizes.Epsilon);
        var x = PatchTokens.Build(ops, w, pixels, spec.PatchSize, width, bias: false, spec.ClassToken); // [N, L, W]
        var length = ops.Size(x, 1);
        x = ops.Reshape(ops.LayerNorm(x, w["ln_pre"], epsilon), -1, width);                             // [N·L, W]
        for (var i = 0; i < spec.Layers; i++) x = block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, mask: null);
        x = ImagePool.Map(ops, spec.Sizes, spec.PoolHeads, w["map_pool"], ops.LayerNorm(x, w["ln_post"], epsilon), length);
        return Projection.Build(ops, spec.Projection, w["proj"], x);                                    // [N, W] -> [N, D]
    }
}
