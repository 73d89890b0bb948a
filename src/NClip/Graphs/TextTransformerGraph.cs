using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>CLIP's text tower: ids [N, L] -> features [N, D], L up to the context. (Radford et al. 2021, §2.4; openai/CLIP model.py, encode_text)</summary>
internal static class TextTransformerGraph
{
    public static Value Build(GraphWriter g, TextTransformerSpec spec, Scope w, Value ids)
    {
        var (length, width) = (g.Size(ids, 1), spec.Block.Width);
        var x = g.Lookup(w["token_embedding.weight"], ids);                                              // [N, L, W]
        x = g.Add(x, g.Slice(w["positional_embedding"], 0, 0, length));
        x = g.Reshape(x, -1, width);                                                                     // [N·L, W]
        Value? mask = spec.Causal ? Causal(g, length) : null;
        for (var i = 0; i < spec.Layers; i++)
            x = TransformerBlock.Build(g, spec.Block, w[$"transformer.resblocks.{i}"], x, length, mask);
        x = Pool(g, spec, g.Reshape(x, -1, length, width), ids, length);                                 // [N, W]
        return Projection.Build(g, spec.Projection, w["text_projection"], g.LayerNorm(x, w["ln_final"], spec.Block.Epsilon));
    }

    /// <summary>-inf above the diagonal: [L, L].</summary>
    private static Value Causal(GraphWriter g, Value length) =>
        g.Op("Trilu", [g.Op("Expand", [g.Constant(float.NegativeInfinity), g.Shape(length, length)]), g.Int64(1)], ("upper", 1));

    private static Value Pool(GraphWriter g, TextTransformerSpec spec, Value x, Value ids, Value length)
    {
        switch (spec.Pooling)
        {
            case TextPooling.First: return g.Take(x, 1, 0);
            case TextPooling.Last: return g.Take(x, 1, -1);
        }
        var score = spec.Pooling == TextPooling.LargestId ? ids : g.Op("Cast", [g.Op("Equal", [ids, g.Int64(spec.EndId)])], ("to", OnnxProto.Int64));
        var at = g.Op("ArgMax", [score], ("axis", 1), ("keepdims", 1));                                  // [N, 1], the first of equals
        return g.Op("GatherND", [x, at], ("batch_dims", 1));                                             // [N, W]
    }
}
