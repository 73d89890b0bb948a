using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>nclip-mini's text tower: ids [N, L] -> features [N, D].</summary>
internal static class BagTransformer
{
    public static T Build<T>(IOperators<T> ops, BagTransformerSpec spec, Scope<T> w, T ids)
        where T : class
    {
        var first = ops.Slice(ids, 1, 0, 1);
        var previous = ops.Concat(1, ops.Sub(first, first), ops.Slice(ids, 1, 0, -1));                     // a padding token stands before the first
        var pairs = ops.Mod(ops.Add(ops.Mul(previous, ops.Constant(spec.PairMultiplier)), ids), ops.Constant((long)spec.Pairs));
        var x = ops.Add(ops.Lookup(w["token_embedding.weight"], ids), ops.Lookup(w["bigram_embedding.weight"], pairs)); // [N, L, W]
        return ops.Add(Bag(ops, spec, w, ids, x), Transformer(ops, spec, w, ids, x));
    }

    /// <summary>The mean of the words' embeddings, each with its gate's weight, through a matrix and an MLP.</summary>
    private static T Bag<T>(IOperators<T> ops, BagTransformerSpec spec, Scope<T> w, T ids, T x)
        where T : class
    {
        var words = ops.IsAtLeast(ids, spec.FirstWord);
        var gate = ops.Mul(ops.Sigmoid(ops.Lookup(w["token_gate.weight"], ids)), ops.Unsqueeze(words, 2)); // [N, L, 1]
        var bag = ops.Div(ops.Sum(ops.Mul(gate, x), 1), ops.Add(ops.Sum(gate, 1), ops.Constant(1e-3f)));   // [N, W]
        return ops.Add(ops.Linear(bag, w["bag"]["proj"]["weight"], null), TransformerBlock.FeedForward(ops, spec.Block, w["bag"], bag));
    }

    /// <summary>Blocks without a causal mask, padding hidden; the mean of the row's tokens.</summary>
    private static T Transformer<T>(IOperators<T> ops, BagTransformerSpec spec, Scope<T> w, T ids, T x)
        where T : class
    {
        var (length, width) = (ops.Size(ids, 1), spec.Block.Width);
        var real = ops.IsNot(ids, spec.PadId);                                                             // [N, L]
        var mask = ops.Unsqueeze(ops.Mul(ops.Sub(real, ops.Constant(1f)), ops.Constant(1e4f)), 1, 2);
        x = ops.Reshape(ops.Add(x, ops.Slice(w["positional_embedding"], 0, 0, length)), -1, width);        // [N·L, W]
        for (var i = 0; i < spec.Layers; i++) x = spec.Block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, mask);
        x = ops.Reshape(ops.LayerNorm(x, w["ln_final"], spec.Block.Epsilon), -1, length, width);
        var weight = ops.Unsqueeze(real, 2);
        return Projection.Build(ops, spec.Projection, w["text_projection"], ops.Div(ops.Sum(ops.Mul(x, weight), 1), ops.Sum(weight, 1)));
    }
}
