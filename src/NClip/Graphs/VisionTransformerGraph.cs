using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>Image tower of CLIP's ViT: pixels [N, 3, H, W] -> features [N, D]. (Radford et al. 2021, §2.4; openai/CLIP model.py, VisionTransformer)</summary>
internal static class VisionTransformerGraph
{
    public static Value Build(GraphWriter g, VisionTransformerSpec spec, Scope w, Value pixels)
    {
        var width = spec.Block.Width;
        var x = g.Conv(pixels, w["conv1"], stride: spec.PatchSize, bias: spec.PatchBias);               // [N, W, H/P, W/P]
        x = g.Transpose(g.Reshape(x, 0, width, -1), 0, 2, 1);                                            // [N, L, W]
        if (spec.ClassToken) x = g.Concat(1, g.Repeat(w["class_embedding"], like: x, 1, width), x);      // [N, 1+L, W]
        x = g.Add(x, w["positional_embedding"]);
        if (spec.NormPre) x = g.LayerNorm(x, w["ln_pre"], spec.Block.Epsilon);
        x = g.Reshape(x, -1, width);                                                                     // [N·(1+L), W]
        for (var i = 0; i < spec.Layers; i++)
            x = TransformerBlock.Build(g, spec.Block, w[$"transformer.resblocks.{i}"], x, spec.Tokens, mask: null);
        return Projection.Build(g, spec.Projection, w["proj"], ImagePool.Build(g, spec, w, x));
    }
}
