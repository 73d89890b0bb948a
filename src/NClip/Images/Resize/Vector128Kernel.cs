using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NClip.Images.Resize;

/// <summary>The same sums in 32-bit lanes of 128-bit vectors: any processor that has them (ARM64, x64, WebAssembly).</summary>
internal sealed class Vector128Kernel : ResampleKernel
{
    public override void Horizontal(ReadOnlySpan<byte> row, int channels, AxisWeights weights, Span<byte> target)
    {
        if (channels == 4) HorizontalColour(row, weights, target);
        else HorizontalGrey(row, weights, target);
    }

    private static void HorizontalColour(ReadOnlySpan<byte> row, AxisWeights weights, Span<byte> target)
    {
        var result = MemoryMarshal.Cast<byte, uint>(target);
        for (var i = 0; i < weights.Length; i++)
        {
            var w = weights.FixedOf(i);
            var pixels = MemoryMarshal.Cast<byte, uint>(row).Slice(weights.Start[i], w.Length);
            var sum = Vector128.Create(1 << (AxisWeights.FractionBits - 1));
            for (var t = 0; t < w.Length; t++)
                sum += Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(pixels[t]).AsByte())).AsInt32() * w[t];
            result[i] = Narrow(sum, sum, sum, sum).AsUInt32().ToScalar();
        }
    }

    private static void HorizontalGrey(ReadOnlySpan<byte> row, AxisWeights weights, Span<byte> target)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            var w = weights.FixedOf(i);
            var pixels = row.Slice(weights.Start[i], w.Length);
            var sums = Vector128<int>.Zero;
            var t = 0;
            for (; t <= w.Length - 16; t += 16)
            {
                var (a, b, c, d) = Widen(Vector128.Create(pixels[t..]));
                sums += (a * Vector128.Create(w[t..])) + (b * Vector128.Create(w[(t + 4)..])) + (c * Vector128.Create(w[(t + 8)..])) + (d * Vector128.Create(w[(t + 12)..]));
            }
            var sum = (1 << (AxisWeights.FractionBits - 1)) + Vector128.Sum(sums);
            for (; t < w.Length; t++) sum += pixels[t] * w[t];
            target[i] = ScalarKernel.ToByte(sum);
        }
    }

    public override void Vertical(ReadOnlySpan<byte> rows, int stride, ReadOnlySpan<int> weights, Span<byte> target)
    {
        if (target.Length < 16)
        {
            ResampleKernels.Scalar.Vertical(rows, stride, weights, target);
            return;
        }
        for (var x = 0; x < target.Length; x += 16)
        {
            x = Math.Min(x, target.Length - 16);    // the last step overlaps the one before
            var a = Vector128.Create(1 << (AxisWeights.FractionBits - 1));
            var (b, c, d) = (a, a, a);
            for (var t = 0; t < weights.Length; t++)
            {
                var (e, f, g, h) = Widen(Vector128.Create(rows[((t * stride) + x)..]));
                a += e * weights[t];
                b += f * weights[t];
                c += g * weights[t];
                d += h * weights[t];
            }
            Narrow(a, b, c, d).CopyTo(target[x..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<int> A, Vector128<int> B, Vector128<int> C, Vector128<int> D) Widen(Vector128<byte> v)
    {
        var (low, high) = Vector128.Widen(v);
        var (a, b) = Vector128.Widen(low);
        var (c, d) = Vector128.Widen(high);
        return (a.AsInt32(), b.AsInt32(), c.AsInt32(), d.AsInt32());
    }

    /// <summary>Sums -> bytes, clamped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Narrow(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) =>
        Vector128.Narrow(Vector128.Narrow(Level(a), Level(b)), Vector128.Narrow(Level(c), Level(d)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Level(Vector128<int> v) => Vector128.Min(Vector128.Max(v >> AxisWeights.FractionBits, Vector128<int>.Zero), Vector128.Create(255)).AsUInt32();
}
