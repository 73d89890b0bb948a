using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>Text tower with jina's XLM-RoBERTa, whose queries and keys are turned by their positions: ids [N, L] -> features [N, D]. (Sturua et al. 2024, jina-embeddings-v3)</summary>
internal static class RotaryBert
{
    public static T Build<T>(IOperators<T> ops, RotaryBertSpec spec, Scope<T> w, T ids)
        where T : class
    {
        var (at, length) = (w["roberta"], ops.Size(ids, 1));
        var real = ops.IsNot(ids, spec.PadId);                                                // [N, L], 1 where no padding
        var e = at["embeddings"];
        var x = ops.Add(ops.Lookup(e["word_embeddings.weight"], ids), ops.Take(e["token_type_embeddings.weight"], 0, 0));
        x = ops.LayerNorm(ops.Reshape(x, -1, spec.Width), at["emb_ln"], spec.Epsilon);        // [N·L, W]
        var (hidden, rotary) = (RealTokens.Hiding(ops, real), Rotary<T>.Of(ops, spec.Context, length, spec.Width / spec.Heads, spec.RotaryBase));
        for (var i = 0; i < spec.Layers; i++) x = Layer(ops, spec, at["encoder"]["layers"][$"{i}"], x, length, hidden, rotary);
        return Projection.Build(ops, spec.Projection, w["text_projection"], RealTokens.Pool(ops, spec.Pooling, ops.Reshape(x, -1, length, spec.Width), real));
    }

    /// <summary>Post-norm.</summary>
    private static T Layer<T>(IOperators<T> ops, RotaryBertSpec spec, Scope<T> w, T x, Dim length, T hidden, Rotary<T> rotary)
        where T : class
    {
        return ops.Block(x, Residual);
        T Residual(T x)
        {
            var (a, m) = (w["mixer"], w["mlp"]);
            var qkv = ops.LinearPieces(x, a["Wqkv"]["weight"], a["Wqkv"]["bias"], 3);
            var y = ops.Linear(Attention.Build(ops, new(spec.Heads, spec.Width, length, length), qkv[0], qkv[1], qkv[2], hidden, turn: h => rotary.Turn(ops, h, spec.Width / spec.Heads)), a["out_proj"]);
            x = ops.LayerNorm(ops.Add(x, y), w["norm1"], spec.Epsilon);
            y = ops.Linear(ops.Activate(ops.Linear(x, m["fc1"]), Activation.Gelu), m["fc2"]);
            return ops.LayerNorm(ops.Add(x, y), w["norm2"], spec.Epsilon);
        }
    }
}
