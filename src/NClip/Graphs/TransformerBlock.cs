using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>A pre-norm block on rows [N·L, W]. (openai/CLIP model.py, ResidualAttentionBlock; open_clip transformer.py, CustomResidualAttentionBlock)</summary>
internal static class TransformerBlock
{
    public static Value Build(GraphWriter g, TransformerBlockSpec spec, Scope w, Value x, Dim length, Value? mask)
    {
        var a = Attention.Build(g, spec, w["attn"], g.LayerNorm(x, w["ln_1"], spec.Epsilon), length, mask);
        if (spec.NormAttention) a = g.LayerNorm(a, w["ln_attn"], spec.Epsilon);
        if (spec.LayerScale) a = g.Mul(a, w["ls_1"]["gamma"]);
        x = g.Add(x, a);
        var m = FeedForward(g, spec, w["mlp"], g.LayerNorm(x, w["ln_2"], spec.Epsilon));
        if (spec.LayerScale) m = g.Mul(m, w["ls_2"]["gamma"]);
        return g.Add(x, m);
    }

    /// <summary>Two linear layers with the nonlinearity between them.</summary>
    public static Value FeedForward(GraphWriter g, TransformerBlockSpec spec, Scope w, Value x)
    {
        x = g.Activate(g.Linear(x, w["c_fc"]), spec.Activation);
        if (spec.NormMlp) x = g.LayerNorm(x, w["ln"], spec.Epsilon);
        return g.Linear(x, w["c_proj"]);
    }
}
