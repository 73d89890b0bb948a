namespace NClip.Towers.Blocks.Kinds;

/// <summary>EVA-02's block on rows [N·L, W]. (Fang et al. 2023, EVA-02, figure 2)</summary>
internal static class Eva02Block
{
    public static T Build<T>(IOperators<T> ops, Eva02BlockSpec spec, Scope<T> w, T x, Dim length, T? mask)
        where T : class
    {
        return ops.Block(x, Residual);
        T Residual(T x)
        {
            var a = EvaBlock.Attend(ops, spec, w["attn"], Norm(x, w["ln_1"]), length, mask, spec.Positions);
            x = ops.Add(x, ops.Linear(Norm(a, w["attn"]["ln_inner"]), w["attn"]["out_proj"]));
            var m = GatedLinear.Build(ops, w["mlp"], Norm(x, w["ln_2"]), spec.Activation);
            return ops.Add(x, ops.Linear(Norm(m, w["mlp"]["ln"]), w["mlp"]["c_proj"]));
        }
        T Norm(T x, Scope<T> at) => ops.LayerNorm(x, at, spec.Epsilon);
    }
}
