namespace NClip.Towers.Blocks;

/// <summary>Texts whose padding is looked at by nobody: <c>real</c> [N, L] is 1 where a token is none.</summary>
internal static class RealTokens
{
    /// <summary>Added to scores, it hides padding from every query: [N, 1, 1, L].</summary>
    public static T Hiding<T>(IOperators<T> ops, T real)
        where T : class => ops.Unsqueeze(ops.Mul(ops.Sub(real, ops.Constant(1f)), ops.Constant(float.MaxValue)), 1, 2);

    /// <summary>Rows of a position table as RoBERTa counts them: padding has its own id's row, the others count from the one behind it. [N, L], integers.</summary>
    public static T Positions<T>(IOperators<T> ops, T real, int padId)
        where T : class => ops.ToInteger(ops.Add(ops.Mul(ops.CumulativeSum(real, 1), real), ops.Constant((float)padId)));

    /// <summary>Their mean: [N, L, W] -> [N, W].</summary>
    public static T Mean<T>(IOperators<T> ops, T x, T real)
        where T : class => ops.Div(ops.Sum(ops.Mul(x, ops.Unsqueeze(real, 2)), 1), ops.Sum(real, 1, keep: true));

    /// <summary>What most encoders are pooled by: their mean, or the first token.</summary>
    public static T Pool<T>(IOperators<T> ops, EncoderPooling pooling, T x, T real)
        where T : class => pooling == EncoderPooling.Mean ? Mean(ops, x, real) : ops.Take(x, 1, 0);
}
