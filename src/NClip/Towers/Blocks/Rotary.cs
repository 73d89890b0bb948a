namespace NClip.Towers.Blocks;

/// <summary>Rotary positions over halves of a head: channel j and channel j + d/2 are turned by position · base^(-2j/d). (Su et al. 2021, in GPT-NeoX's order)</summary>
/// <param name="Cos">[L, d/2].</param>
/// <param name="Sin">[L, d/2].</param>
internal sealed record Rotary<T>(T Cos, T Sin)
    where T : class
{
    /// <summary>For rows of <paramref name="length"/> tokens, at most <paramref name="context"/>. The angles are float32 numbers, as in the original programs.</summary>
    public static Rotary<T> Of(IOperators<T> ops, int context, Dim length, int headWidth, double theta)
    {
        var half = headWidth / 2;
        float Angle(int i) => i / half * (1f / MathF.Pow((float)theta, 2f * (i % half) / headWidth));
        T Table(Func<float, float> f) => ops.Slice(ops.Constant([.. Enumerable.Range(0, context * half).Select(i => f(Angle(i)))], context, half), 0, 0, length);
        return new(Table(MathF.Cos), Table(MathF.Sin));
    }

    /// <summary>x [N, H, L, d], each token turned by its position.</summary>
    public T Turn(IOperators<T> ops, T x, int width)
    {
        var half = ops.Split(x, [width / 2, width / 2], 3);
        return ops.Concat(3,
            ops.Sub(ops.Mul(half[0], Cos), ops.Mul(half[1], Sin)),
            ops.Add(ops.Mul(half[1], Cos), ops.Mul(half[0], Sin)));
    }
}
