using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>nclip-mini's text tower: ids [N, L] -> features [N, D]. (src/NClip.Training/Towers/TextTower.cs says the same in TorchSharp)</summary>
internal static class BagTransformerGraph
{
    public static Value Build(GraphWriter g, BagTransformerSpec spec, Scope w, Value ids)
    {
        var first = g.Slice(ids, 1, 0, 1);
        var previous = g.Concat(1, g.Op("Sub", [first, first]), g.Slice(ids, 1, 0, -1));                     // a padding token stands before the first
        var pairs = g.Op("Mod", [g.Add(g.Mul(previous, g.Int64(spec.PairMultiplier)), ids), g.Int64(spec.Pairs)]);
        var x = g.Add(g.Lookup(w["token_embedding.weight"], ids), g.Lookup(w["bigram_embedding.weight"], pairs)); // [N, L, W]
        return g.Add(Bag(g, spec, w, ids, x), Transformer(g, spec, w, ids, x));
    }

    /// <summary>The mean of the words' embeddings, each with its gate's weight, through a matrix and an MLP.</summary>
    private static Value Bag(GraphWriter g, BagTransformerSpec spec, Scope w, Value ids, Value x)
    {
        var words = AsFloat(g, g.Op("GreaterOrEqual", [ids, g.Int64(spec.FirstWord)]));
        var gate = g.Mul(g.Op("Sigmoid", [g.Lookup(w["token_gate.weight"], ids)]), g.Op("Unsqueeze", [words, g.Int64s(2)]));   // [N, L, 1]
        var bag = g.Op("Div", [g.Sum(g.Mul(gate, x), 1), g.Add(g.Sum(gate, 1), g.Constant(1e-3f))]);    // [N, W]
        return g.Add(g.Linear(bag, w["bag"]["proj"]["weight"], null), TransformerBlock.FeedForward(g, spec.Block, w["bag"], bag));
    }

    /// <summary>Blocks without a causal mask, padding hidden; the mean of the row's tokens.</summary>
    private static Value Transformer(GraphWriter g, BagTransformerSpec spec, Scope w, Value ids, Value x)
    {
        var (length, width) = (g.Size(ids, 1), spec.Block.Width);
        var real = AsFloat(g, g.Op("Not", [g.Op("Equal", [ids, g.Int64(spec.PadId)])]));                 // [N, L]
        var mask = g.Op("Unsqueeze", [g.Mul(g.Op("Sub", [real, g.Constant(1f)]), g.Constant(1e4f)), g.Int64s(1, 2)]);
        x = g.Reshape(g.Add(x, g.Slice(w["positional_embedding"], 0, 0, length)), -1, width);            // [N·L, W]
        for (var i = 0; i < spec.Layers; i++) x = TransformerBlock.Build(g, spec.Block, w[$"transformer.resblocks.{i}"], x, length, mask);
        x = g.Reshape(g.LayerNorm(x, w["ln_final"], spec.Block.Epsilon), -1, length, width);
        var weight = g.Op("Unsqueeze", [real, g.Int64s(2)]);
        return Projection.Build(g, spec.Projection, w["text_projection"], g.Op("Div", [g.Sum(g.Mul(x, weight), 1), g.Sum(weight, 1)]));
    }

    private static Value AsFloat(GraphWriter g, Value condition) => g.Op("Cast", [condition], ("to", OnnxProto.Float));
}
