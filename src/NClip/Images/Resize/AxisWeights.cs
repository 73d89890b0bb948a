namespace NClip.Images.Resize;

/// <summary>
/// The taps of one axis: output i is the sum of <see cref="Count"/>[i] source positions from <see cref="Start"/>[i] on, times their weights.
/// Bicubic (a = -0.5) or bilinear, widened when shrinking, as Pillow's ImagingResample computes them: double arithmetic in this order, then 22-bit fixed point.
/// </summary>
internal sealed class AxisWeights
{
    /// <summary>Bits behind the point: 32, less 8 for the pixel, less 2 for sign and overshoot.</summary>
    public const int FractionBits = 22;

    private PackedWeights? _packed;

    /// <summary>Weights for the output positions <paramref name="first"/> .. <paramref name="first"/> + <paramref name="length"/> - 1 of an axis resized from <paramref name="source"/> to <paramref name="target"/>.</summary>
    public AxisWeights(int source, int target, int first, int length, Interpolation filter)
    {
        SourceLength = source;
        var scale = (double)source / target;
        var stretch = Math.Max(scale, 1.0);
        var support = (filter == Interpolation.Bicubic ? 2.0 : 1.0) * stretch;
        var inverse = 1.0 / stretch;
        Start = new int[length];
        Count = new int[length];
        MaxCount = Math.Min(source, ((int)Math.Ceiling(support) * 2) + 1);
        Exact = new double[length * MaxCount];
        Fixed = new int[length * MaxCount];
        for (var i = 0; i < length; i++)
        {
            var center = (i + first + 0.5) * scale;
            var lo = Math.Max(0, (int)(center - support + 0.5));
            var hi = Math.Min(source, (int)(center + support + 0.5));
            var w = Exact.AsSpan(i * MaxCount, hi - lo);
            var sum = 0.0;
            for (var x = 0; x < w.Length; x++) sum += w[x] = Kernel(filter, (x + lo - center + 0.5) * inverse);
            if (sum != 0)
                foreach (ref var v in w) v /= sum;
            for (var x = 0; x < w.Length; x++) Fixed[(i * MaxCount) + x] = ToFixed(w[x]);
            (Start[i], Count[i]) = (lo, hi - lo);
        }
    }

    /// <summary>The weights in the layout of the pairwise kernels, made when first asked for.</summary>
    public PackedWeights Packed(int channels) => _packed ??= new PackedWeights(this, channels);

    public int SourceLength { get; }

    /// <summary>First source position of each output.</summary>
    public int[] Start { get; }

    /// <summary>Number of taps of each output.</summary>
    public int[] Count { get; }

    /// <summary>Row length of <see cref="Exact"/> and <see cref="Fixed"/>.</summary>
    public int MaxCount { get; }

    /// <summary>[outputs, MaxCount], they add up to one.</summary>
    public double[] Exact { get; }

    /// <summary>The same times 2^22, rounded half away from zero.</summary>
    public int[] Fixed { get; }

    public int Length => Start.Length;

    public ReadOnlySpan<int> FixedOf(int i) => Fixed.AsSpan(i * MaxCount, Count[i]);

    public ReadOnlySpan<double> ExactOf(int i) => Exact.AsSpan(i * MaxCount, Count[i]);

    private static int ToFixed(double w) => w < 0 ? (int)((w * (1 << FractionBits)) - 0.5) : (int)((w * (1 << FractionBits)) + 0.5);

    private static double Kernel(Interpolation filter, double x)
    {
        const double a = -0.5;
        var t = Math.Abs(x);
        if (filter == Interpolation.Bilinear) return t < 1 ? 1 - t : 0;
        if (t < 1) return (((((a + 2) * t) - (a + 3)) * t) * t) + 1;
        return t < 2 ? ((((((t - 5) * t) + 8) * t) - 4) * a) : 0;
    }
}
