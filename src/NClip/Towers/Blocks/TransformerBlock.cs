namespace NClip.Towers.Blocks;

/// <summary>A pre-norm block on rows [N·L, W]. (openai/CLIP model.py, ResidualAttentionBlock; open_clip transformer.py, CustomResidualAttentionBlock)</summary>
internal static class TransformerBlock
{
    public static T Build<T>(IOperators<T> ops, TransformerBlockSpec spec, Scope<T> w, T x, Dim length, T? mask)
        where T : class
    {
        return ops.Block(x, Residual);
        T Residual(T x)
        {
            var a = Attention.Build(ops, spec, w["attn"], ops.LayerNorm(x, w["ln_1"], spec.Epsilon), length, mask);
            if (spec.NormAttention) a = ops.LayerNorm(a, w["ln_attn"], spec.Epsilon);
            if (spec.LayerScale) a = ops.Mul(a, w["ls_1"]["gamma"]);
            x = ops.Add(x, a);
            var m = FeedForward(ops, spec, w["mlp"], ops.LayerNorm(x, w["ln_2"], spec.Epsilon));
            if (spec.LayerScale) m = ops.Mul(m, w["ls_2"]["gamma"]);
            return ops.Add(x, m);
        }
    }

    /// <summary>Two linear layers with the nonlinearity between them.</summary>
    public static T FeedForward<T>(IOperators<T> ops, TransformerBlockSpec spec, Scope<T> w, T x)
        where T : class
    {
        x = ops.Activate(ops.Linear(x, w["c_fc"]), spec.Activation);
        if (spec.NormMlp) x = ops.LayerNorm(x, w["ln"], spec.Epsilon);
        return ops.Linear(x, w["c_proj"]);
    }
}
