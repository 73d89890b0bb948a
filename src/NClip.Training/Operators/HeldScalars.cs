using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>
/// Tensors with numbers. TorchSharp makes a Scalar of a number, gives its address to native code and lets go of it: when the garbage collector runs in that moment, its
/// finalizer frees it under the call ("Unknown scalar type", or another number). It does so within itself too: a sum of two tensors has a factor of 1. Here it is held until the call is back; BannedSymbols.txt keeps the other way closed.
/// </summary>
internal static class HeldScalars
{
#pragma warning disable RS0030 // held as long as the program runs
    private static readonly TorchSharp.Scalar _one = 1;
#pragma warning restore RS0030

    public static Tensor Times(this Tensor x, double by) => With(by, s => x.mul(s));

    public static Tensor Over(this Tensor x, double by) => With(by, s => x.div(s));

    public static Tensor Plus(this Tensor x, double more) => With(more, s => x.add(s, _one));

    public static Tensor Plus(this Tensor x, Tensor more) => x.add(more, _one);

    public static Tensor PlusInPlace(this Tensor x, Tensor more) => x.add_(more, _one);

    public static Tensor Minus(this Tensor x, double less) => With(less, s => x.sub(s));

    public static Tensor OverInPlace(this Tensor x, double by) => With(by, s => x.div_(s));

    /// <summary>x * keep + value * take, in x's place.</summary>
    public static Tensor MixInPlace(this Tensor x, double keep, Tensor value, double take)
        => With(keep, k => With(take, t => x.mul_(k).add_(value, alpha: t)));

    public static Tensor NotBelow(this Tensor x, double low) => With(low, s => x.clamp_min(s));

    public static Tensor Within(this Tensor x, double? low, double? high) => With(low, l => With(high, h => x.clamp(l, h)));

    public static Tensor WithinInPlace(this Tensor x, double? low, double? high) => With(low, l => With(high, h => x.clamp_(l, h)));

    public static Tensor IsAtLeast(this Tensor x, long number) => With(number, s => x.ge(s));

    public static Tensor IsAtLeast(this Tensor x, double number) => With(number, s => x.ge(s));

    public static Tensor IsBelow(this Tensor x, long number) => With(number, s => x.lt(s));

    public static Tensor Is(this Tensor x, long number) => With(number, s => x.eq(s));

    public static Tensor IsNot(this Tensor x, long number) => With(number, s => x.ne(s));

    /// <summary>A tensor of one number everywhere.</summary>
    public static Tensor Full(long[] shape, double number) => With(number, s => full(shape, s));

    /// <summary>As many of one number as another tensor has, of its type.</summary>
    public static Tensor FullLike(this Tensor x, long number) => With(number, s => full_like(x, s));

    /// <summary>from, from + 1, ... up to before <paramref name="end"/>.</summary>
    public static Tensor Range(long from, long end, ScalarType type) => With(from, f => With(end, e => arange(f, e, _one, dtype: type)));

#pragma warning disable RS0030 // the one place where numbers become Scalars
    private static T With<T>(double number, Func<TorchSharp.Scalar, T> call)
    {
        using TorchSharp.Scalar held = number;
        return call(held);
    }

    private static T With<T>(long number, Func<TorchSharp.Scalar, T> call)
    {
        using TorchSharp.Scalar held = number;
        return call(held);
    }

    private static T With<T>(double? number, Func<TorchSharp.Scalar?, T> call)
    {
        using TorchSharp.Scalar? held = number is { } n ? n : null;
        return call(held);
    }
#pragma warning restore RS0030
}
