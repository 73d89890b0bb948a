using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>Multi-head scaled dot-product attention. (Vaswani et al. 2017, §3.2)</summary>
internal static class Attention
{
    /// <summary>softmax(q·kᵀ/√d + mask)·v per head: q [N·Lq, W], k and v [N·Lk, W] -> [N·Lq, W].</summary>
    public static Value Build(GraphWriter g, Value q, Value k, Value v, int heads, int width, Dim queries, Dim keys, Value? mask)
    {
        var d = width / heads;
        var (qh, kh, vh) = (Heads(g, q, queries, heads, d), Heads(g, k, keys, heads, d), Heads(g, v, keys, heads, d));
        return Merge(g, Weighted(g, qh, kh, vh, d, mask), width);
    }

    /// <summary>Self-attention of a CLIP block, with open_clip's variants: x [N·L, W] -> [N·L, W].</summary>
    public static Value Build(GraphWriter g, TransformerBlockSpec spec, Scope w, Value x, Dim length, Value? mask)
    {
        var qkv = g.LinearPieces(x, w["in_proj_weight"], w["in_proj_bias"], 3);
        var (q, k, v) = (Heads(g, qkv[0], length, spec), Heads(g, qkv[1], length, spec), Heads(g, qkv[2], length, spec));
        if (spec.QueryKeyNorm) (q, k) = (g.LayerNorm(q, w["ln_q"], spec.Epsilon), g.LayerNorm(k, w["ln_k"], spec.Epsilon));
        var a = Weighted(g, q, k, v, spec.HeadWidth, mask);                            // [N, H, L, d]
        if (spec.ScaleHeads) a = g.Mul(a, w["head_scale"]);
        a = Merge(g, a, spec.Width);                                                   // [N·L, W]
        if (spec.NormInner) a = g.LayerNorm(a, w["ln_inner"], spec.Epsilon);
        return g.Linear(a, w["out_proj"]);
    }

    private static Value Heads(GraphWriter g, Value x, Dim length, TransformerBlockSpec spec) => Heads(g, x, length, spec.Heads, spec.HeadWidth);

    private static Value Heads(GraphWriter g, Value x, Dim length, int heads, int d) =>
        g.Transpose(g.Reshape(x, -1, length, heads, d), 0, 2, 1, 3);                   // [N, H, L, d]

    private static Value Weighted(GraphWriter g, Value q, Value k, Value v, int d, Value? mask)
    {
        q = g.Mul(q, g.Constant(1f / MathF.Sqrt(d)));
        var scores = g.MatMul(q, g.Transpose(k, 0, 1, 3, 2));                          // [N, H, Lq, Lk]
        if (mask is { } m) scores = g.Add(scores, m);
        return g.MatMul(g.Softmax(scores), v);
    }

    private static Value Merge(GraphWriter g, Value x, int width) => g.Reshape(g.Transpose(x, 0, 2, 1, 3), -1, width);
}
