namespace NClip.Towers.Blocks;

/// <summary>Each channel times a number that the means of all channels decide: x [N, C, H, W] -> [N, C, H, W]. (Hu et al. 2018, §3)</summary>
internal static class SqueezeExcitation
{
    public static T Build<T>(IOperators<T> ops, Scope<T> reduce, Scope<T> expand, T x, int channels, Activation activation)
        where T : class
    {
        var mean = ops.Reshape(ops.GlobalAveragePool(x), 0, channels, 1, 1);
        var weights = ops.Conv(ops.Activate(ops.Conv(mean, reduce, bias: true), activation), expand, bias: true);
        return ops.Mul(x, ops.Sigmoid(weights));
    }
}
