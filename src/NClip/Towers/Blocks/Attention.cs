namespace NClip.Towers.Blocks;

/// <summary>Multi-head scaled dot-product attention. (Vaswani et al. 2017, §3.2)</summary>
internal static class Attention
{
    /// <summary>softmax(q·kᵀ/√d + mask)·v per head: q [N·Lq, W], k and v [N·Lk, W] -> [N·Lq, W]. With rotary positions, or a way of their own to be turned, queries and keys [N, H, L, d] are turned.</summary>
    public static T Build<T>(IOperators<T> ops, AttentionSize size, T q, T k, T v, T? mask = null, RotaryPositions? positions = null, Func<T, T>? turn = null)
        where T : class
    {
        var (heads, d) = (size.Heads, size.Width / size.Heads);
        var (qh, kh, vh) = (Heads(ops, q, size.Queries, heads, d), Heads(ops, k, size.Keys, heads, d), Heads(ops, v, size.Keys, heads, d));
        if (positions is not null) (qh, kh) = (ops.Rotate(qh, positions, d), ops.Rotate(kh, positions, d));
        if (turn is not null) (qh, kh) = (turn(qh), turn(kh));
        return Merge(ops, ops.Attend(qh, kh, vh, size.Scale ?? (1f / MathF.Sqrt(d)), mask), size.Width);
    }

    /// <summary>Self-attention of a CLIP block, with open_clip's variants: x [N·L, W] -> [N·L, W].</summary>
    public static T Build<T>(IOperators<T> ops, TransformerBlockSpec spec, Scope<T> w, T x, Dim length, T? mask)
        where T : class
    {
        var qkv = ops.LinearPieces(x, w["in_proj_weight"], spec.AttentionBias ? w["in_proj_bias"] : ops.Constant(new float[3 * spec.Width], 3 * spec.Width), 3);
        var (q, k, v) = (Heads(ops, qkv[0], length, spec), Heads(ops, qkv[1], length, spec), Heads(ops, qkv[2], length, spec));
        if (spec.QueryKeyNorm) (q, k) = (ops.LayerNorm(q, w["ln_q"], spec.Epsilon), ops.LayerNorm(k, w["ln_k"], spec.Epsilon));
        var a = ops.Attend(q, k, v, 1f / MathF.Sqrt(spec.HeadWidth), mask); // [N, H, L, d]
        if (spec.ScaleHeads) a = ops.Mul(a, w["head_scale"]);
        a = Merge(ops, a, spec.Width);                                      // [N·L, W]
        if (spec.NormInner) a = ops.LayerNorm(a, w["ln_inner"], spec.Epsilon);
        return ops.Linear(a, w["out_proj"]);
    }

    private static T Heads<T>(IOperators<T> ops, T x, Dim length, TransformerBlockSpec spec)
        where T : class =>
        Heads(ops, x, length, spec.Heads, spec.HeadWidth);

    private static T Heads<T>(IOperators<T> ops, T x, Dim length, int heads, int d)
        where T : class =>
        ops.Transpose(ops.Reshape(x, -1, length, heads, d), 0, 2, 1, 3);    // [N, H, L, d]

    private static T Merge<T>(IOperators<T> ops, T x, int width)
        where T : class =>
        ops.Reshape(ops.Transpose(x, 0, 2, 1, 3), -1, width);
}

/// <summary>How large an attention is.</summary>
/// <param name="Heads">H, which divides the width.</param>
/// <param name="Width">W of queries, keys and values.</param>
/// <param name="Queries">Lq.</param>
/// <param name="Keys">Lk, of the values too.</param>
internal readonly record struct AttentionSize(int Heads, int Width, Dim Queries, Dim Keys)
{
    /// <summary>What scores are multiplied by; null for 1/√d.</summary>
    public float? Scale { get; init; }
}
