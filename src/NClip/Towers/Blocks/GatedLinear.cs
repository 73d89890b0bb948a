namespace NClip.Towers.Blocks;

/// <summary>The hidden channels of a gated feed-forward layer. (Shazeer 2020, GLU Variants Improve Transformer)</summary>
internal static class GatedLinear
{
    /// <summary>f(gate(x))·fc(x): x [M, W] -> [M, hidden].</summary>
    public static T Build<T>(IOperators<T> ops, Scope<T> w, T x, Activation activation)
        where T : class =>
        ops.Mul(ops.Activate(ops.Linear(x, w["c_gate"]), activation), ops.Linear(x, w["c_fc"]));
}
