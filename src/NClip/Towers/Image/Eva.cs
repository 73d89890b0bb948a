using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>Image tower of EVA-CLIP: pixels [N, 3, H, W] -> features [N, D]. (Sun et al. 2023; baaivision/EVA eva_vit_model.py, EVAVisionTransformer)</summary>
internal static class Eva
{
    public static T Build<T>(IOperators<T> ops, EvaSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var (width, block) = (spec.Sizes.Width, spec.Block);
        var x = PatchTokens.Build(ops, w, pixels, spec.PatchSize, width, bias: true, classToken: true); // [N, 1+L, W]
        var length = ops.Size(x, 1);
        x = ops.Reshape(x, -1, width);                                                                  // [N·(1+L), W]
        for (var i = 0; i < spec.Layers; i++) x = block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, mask: null);
        x = ops.Take(ops.Reshape(x, -1, length, width), 1, 0);                                          // [N, W]
        return Projection.Build(ops, spec.Projection, w["proj"], ops.LayerNorm(x, w["ln_post"], spec.Sizes.Epsilon));
    }
}
