namespace NClip.Towers.Blocks.Kinds;

/// <summary>A pre-norm block with rotary positions on rows [N·L, W]. (perception_models pe.py, ResidualAttentionBlock)</summary>
internal static class RotaryBlock
{
    public static T Build<T>(IOperators<T> ops, RotaryBlockSpec spec, Scope<T> w, T x, Dim length, T? mask)
        where T : class
    {
        return ops.Block(x, Residual);
        T Residual(T x)
        {
            x = ops.Add(x, Attend(ops.LayerNorm(x, w["ln_1"], spec.Epsilon)));
            return ops.Add(x, TransformerBlock.FeedForward(ops, spec, w["mlp"], ops.LayerNorm(x, w["ln_2"], spec.Epsilon)));
        }
        T Attend(T x)
        {
            var a = w["attn"];
            var qkv = ops.LinearPieces(x, a["in_proj_weight"], a["in_proj_bias"], 3);
            return ops.Linear(Attention.Build(ops, new(spec.Heads, spec.Width, length, length), qkv[0], qkv[1], qkv[2], mask, spec.Positions), a["out_proj"]);
        }
    }
}
