using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>CLIP's text tower: ids [N, L] -> features [N, D], L up to the context. (Radford et al. 2021, §2.4; openai/CLIP model.py, encode_text)</summary>
internal static class TextTransformer
{
    public static T Build<T>(IOperators<T> ops, TextTransformerSpec spec, Scope<T> w, T ids)
        where T : class
    {
        var (length, width) = (ops.Size(ids, 1), spec.Block.Width);
        var x = ops.Lookup(w["token_embedding.weight"], ids);        // [N, L, W]
        x = ops.Add(x, ops.Slice(w["positional_embedding"], 0, 0, length));
        if (spec.Pooling == TextPooling.ClassToken)
        {
            var last = ops.Add(w["cls_emb"], ops.Slice(w["positional_embedding"], 0, spec.Context, spec.Context + 1)); // its place is behind a whole row
            x = ops.Concat(1, x, ops.Repeat(last, like: x, 1, width));
            length = ops.Size(x, 1);
        }
        x = ops.Reshape(x, -1, width);                               // [N·L, W]
        T? mask = spec.Causal ? ops.CausalMask(length) : null;
        if (spec.Pooling == TextPooling.ClassToken) mask = Seen(ops, spec, ids) is var seen && mask is null ? seen : ops.Add(mask, seen);
        for (var i = 0; i < spec.Layers; i++)
            x = spec.Block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, mask);
        x = Pool(ops, spec, ops.Reshape(x, -1, length, width), ids); // [N, W]
        return Projection.Build(ops, spec.Projection, w["text_projection"], ops.LayerNorm(x, w["ln_final"], spec.Block.Epsilon));
    }

    /// <summary>Hides the padding of rows with a class token behind them, or, as CoCa was trained, what stands behind a padding token: [N, 1, 1, L + 1].</summary>
    private static T Seen<T>(IOperators<T> ops, TextTransformerSpec spec, T ids)
        where T : class
    {
        var (real, one) = (ops.IsNot(ids, spec.PadId), ops.IsAtLeast(ops.Slice(ids, 1, 0, 1), 0));
        return RealTokens.Hiding(ops, spec.ShiftedMask ? ops.Concat(1, one, real) : ops.Concat(1, real, one));
    }

    private static T Pool<T>(IOperators<T> ops, TextTransformerSpec spec, T x, T ids)
        where T : class
    {
        switch (spec.Pooling)
        {
            case TextPooling.First: return ops.Take(x, 1, 0);
            case TextPooling.Last or TextPooling.ClassToken: return ops.Take(x, 1, -1);
        }
        return ops.TakeAt(x, spec.Pooling == TextPooling.LargestId ? ops.PlaceOfLargest(ids) : ops.PlaceOf(ids, spec.EndId)); // [N, W]
    }
}
