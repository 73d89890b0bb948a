namespace NClip.Towers.Blocks.Kinds;

/// <summary>EVA's block on rows [N·L, W]. (baaivision/EVA eva_vit_model.py, Block and Attention)</summary>
internal static class EvaBlock
{
    public static T Build<T>(IOperators<T> ops, EvaBlockSpec spec, Scope<T> w, T x, Dim length, T? mask)
        where T : class
    {
        return ops.Block(x, Residual);
        T Residual(T x)
        {
            x = ops.Add(x, Normed(x, w["ln_1"], h => ops.Linear(Attend(ops, spec, w["attn"], h, length, mask), w["attn"]["out_proj"])));
            return ops.Add(x, Normed(x, w["ln_2"], h => TransformerBlock.FeedForward(ops, spec, w["mlp"], h)));
        }
        T Normed(T x, Scope<T> norm, Func<T, T> branch) =>
            spec.PostNorm ? ops.LayerNorm(branch(x), norm, spec.Epsilon) : branch(ops.LayerNorm(x, norm, spec.Epsilon));
    }

    /// <summary>Self-attention before its last layer, with biases of queries and values alone: x [N·L, W] -> [N·L, W].</summary>
    public static T Attend<T>(IOperators<T> ops, EvaBlockSpec spec, Scope<T> w, T x, Dim length, T? mask, RotaryPositions? positions = null)
        where T : class
    {
        T q = w["q_bias"];
        var bias = ops.Concat(0, q, ops.Sub(q, q), w["v_bias"]);
        var qkv = ops.LinearPieces(x, w["in_proj_weight"], bias, 3);
        return Attention.Build(ops, new(spec.Heads, spec.Width, length, length), qkv[0], qkv[1], qkv[2], mask, positions);
    }
}
