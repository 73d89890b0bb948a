namespace NClip.Towers.Blocks;

/// <summary>Layer norm over the channels of each pixel: [N, C, H, W] -> [N, C, H, W].</summary>
internal static class ChannelNorm
{
    public static T Build<T>(IOperators<T> ops, Scope<T> w, T x, float epsilon)
        where T : class =>
        ops.Transpose(ops.LayerNorm(ops.Transpose(x, 0, 2, 3, 1), w, epsilon), 0, 3, 1, 2);
}
