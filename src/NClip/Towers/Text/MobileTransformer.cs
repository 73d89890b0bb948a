using NClip.Towers.Blocks;
using NClip.Towers.Blocks.Kinds;

namespace NClip.Towers.Text;

/// <summary>MobileCLIP's text tower with convolutions ("MCT"): ids [N, L] -> features [N, D]. (Vasu et al. 2024, §4.1)</summary>
internal static class MobileTransformer
{
    public static T Build<T>(IOperators<T> ops, MobileTransformerSpec spec, Scope<T> w, T ids)
        where T : class
    {
        var (length, width) = (ops.Size(ids, 1), spec.Block.Width);
        Scope<T> Place(int i) => w[$"transformer.resblocks.{i}"];
        var x = ops.Lookup(w["token_embedding.weight"], ids);                                     // [N, L, W]
        x = ops.Add(x, ops.Slice(w["positional_embedding"], 0, 0, length));
        x = ops.Reshape(Mix(ops, spec, Place(0), x), -1, width);                                  // [N·L, W]
        for (var i = 1; i <= spec.Layers; i++) x = spec.Block.Build(ops, Place(i), x, length, mask: null);
        x = Mix(ops, spec, Place(spec.Layers + 1), ops.Reshape(x, -1, length, width));
        x = ops.LayerNorm(ops.TakeAt(x, ops.PlaceOfLargest(ids)), w["ln_final"], spec.Block.Epsilon);
        return Projection.Build(ops, spec.Projection, w["text_projection"], x);
    }

    /// <summary>FastViT's block over a text as a picture of one row: x [N, L, W] -> [N, L, W].</summary>
    private static T Mix<T>(IOperators<T> ops, MobileTransformerSpec spec, Scope<T> w, T x)
        where T : class
    {
        x = RepMixer.Build(ops, spec.Mixer, w, ops.Unsqueeze(ops.Transpose(x, 0, 2, 1), 2));      // [N, W, 1, L]
        return ops.Transpose(ops.Take(x, 2, 0), 0, 2, 1);
    }
}
