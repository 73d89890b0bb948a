namespace NClip.Towers.Blocks.Kinds;

/// <summary>ViTamin's block on rows [N·L, W]. (timm vitamin.py, GeGluMlp)</summary>
internal static class VitaminBlock
{
    public static T Build<T>(IOperators<T> ops, VitaminBlockSpec spec, Scope<T> w, T x, Dim length, T? mask)
        where T : class
    {
        return ops.Block(x, Residual);
        T Residual(T x)
        {
            x = ops.Add(x, Attention.Build(ops, spec, w["attn"], Norm(x, w["ln_1"]), length, mask));
            var m = GatedLinear.Build(ops, w["mlp"], Norm(Norm(x, w["ln_2"]), w["mlp"]["ln"]), spec.Activation);
            return ops.Add(x, ops.Linear(m, w["mlp"]["c_proj"]));
        }
        T Norm(T x, Scope<T> at) => ops.LayerNorm(x, at, spec.Epsilon);
    }
}
