using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NClip.Images.Resize;

/// <summary>The same sums by multiply-adds of 16-bit pairs (AVX2): two for two taps of eight lanes, see <see cref="PackedWeights"/>.</summary>
internal sealed unsafe class Avx2Kernel : ResampleKernel
{
    public static bool IsSupported => Avx2.IsSupported;

    public override void Horizontal(ReadOnlySpan<byte> row, int channels, AxisWeights weights, Span<byte> target)
    {
        var packed = weights.Packed(channels);
        if (!packed.Usable)
        {
            ResampleKernels.Scalar.Horizontal(row, channels, weights, target);
            return;
        }
        // What the loops below read and write without bounds checks.
        _ = row[(weights.SourceLength * channels) - 1];
        _ = target[(weights.Length * channels) - 1];
        fixed (byte* from = row, to = target)
        fixed (short* w = packed.Values)
        fixed (int* start = packed.Start)
        {
            if (channels == 4) HorizontalColour(from, start, w, packed.Steps, weights.Length, to);
            else HorizontalGrey(from, start, w, packed.Steps, weights.Length, to);
        }
    }

    private static void HorizontalColour(byte* row, int* start, short* w, int steps, int outputs, byte* target)
    {
        // R0 G0 B0 X0 R1 G1 B1 X1 -> R0 R1 G0 G1 B0 B1 X0 X1, 16 bit each, in both halves.
        var pairs = Vector256.Create((byte)0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15, 0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
        for (var i = 0; i < outputs; i++)
        {
            var (high, low) = (Vector256<int>.Zero, Vector256<int>.Zero);
            var pixels = row + (4L * start[i]);
            for (var s = 0; s < steps; s++, pixels += 16, w += 32)
            {
                var v = Avx2.Shuffle(Avx2.ConvertToVector256Int16(pixels).AsByte(), pairs).AsInt16();
                high = Avx2.Add(high, Avx2.MultiplyAddAdjacent(v, Avx.LoadVector256(w)));
                low = Avx2.Add(low, Avx2.MultiplyAddAdjacent(v, Avx.LoadVector256(w + 16)));
            }
            var sum = Combine(high.GetLower() + high.GetUpper(), low.GetLower() + low.GetUpper());
            var level = Sse41.PackUnsignedSaturate(sum, sum);
            *(uint*)(target + (4 * i)) = Sse2.PackUnsignedSaturate(level.AsInt16(), level.AsInt16()).AsUInt32().ToScalar();
        }
    }

    private static void HorizontalGrey(byte* row, int* start, short* w, int steps, int outputs, byte* target)
    {
        for (var i = 0; i < outputs; i++)
        {
            var (high, low) = (Vector256<int>.Zero, Vector256<int>.Zero);
            var pixels = row + start[i];
            for (var s = 0; s < steps; s++, pixels += 16, w += 32)
            {
                var v = Avx2.ConvertToVector256Int16(pixels);
                high = Avx2.Add(high, Avx2.MultiplyAddAdjacent(v, Avx.LoadVector256(w)));
                low = Avx2.Add(low, Avx2.MultiplyAddAdjacent(v, Avx.LoadVector256(w + 16)));
            }
            target[i] = ScalarKernel.ToByte((1 << (AxisWeights.FractionBits - 1)) + (Vector256.Sum(high) << PackedWeights.LowBits) + Vector256.Sum(low));
        }
    }

    public override void Vertical(ReadOnlySpan<byte> rows, int stride, ReadOnlySpan<int> weights, Span<byte> target)
    {
        if (target.Length < 16)
        {
            ResampleKernels.Scalar.Vertical(rows, stride, weights, target);
            return;
        }
        _ = rows[((weights.Length - 1) * stride) + target.Length - 1];
        var count = (weights.Length + 1) / 2;
        Span<int> pairs = count <= 512 ? stackalloc int[2 * count] : new int[2 * count];
        for (var t = 0; t < weights.Length; t++)
        {
            var (high, low) = PackedWeights.Split(weights[t]);
            MemoryMarshal.Cast<int, short>(pairs)[t] = high;
            MemoryMarshal.Cast<int, short>(pairs)[(2 * count) + t] = low;
        }
        if ((weights.Length & 1) != 0) (MemoryMarshal.Cast<int, short>(pairs)[weights.Length], MemoryMarshal.Cast<int, short>(pairs)[(2 * count) + weights.Length]) = (0, 0);
        fixed (byte* from = rows, to = target)
        fixed (int* w = pairs)
        {
            for (var x = 0; x < target.Length; x += 16)
            {
                x = Math.Min(x, target.Length - 16);    // the last step overlaps the one before
                Column(from + x, stride, w, count, (weights.Length & 1) != 0, to + x);
            }
        }
    }

    /// <summary>16 neighbouring bytes of the result, two rows of the source a step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column(byte* rows, int stride, int* w, int count, bool odd, byte* target)
    {
        var (high0, high1, low0, low1) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
        for (var t = 0; t < count; t++, rows += 2L * stride)
        {
            var a = Sse2.LoadVector128(rows);
            var b = odd && t == count - 1 ? a : Sse2.LoadVector128(rows + stride);    // its weight is 0
            var left = Avx2.ConvertToVector256Int16(Sse2.UnpackLow(a, b));
            var right = Avx2.ConvertToVector256Int16(Sse2.UnpackHigh(a, b));
            var high = Vector256.Create(w[t]).AsInt16();
            var low = Vector256.Create(w[count + t]).AsInt16();
            high0 = Avx2.Add(high0, Avx2.MultiplyAddAdjacent(left, high));
            low0 = Avx2.Add(low0, Avx2.MultiplyAddAdjacent(left, low));
            high1 = Avx2.Add(high1, Avx2.MultiplyAddAdjacent(right, high));
            low1 = Avx2.Add(low1, Avx2.MultiplyAddAdjacent(right, low));
        }
        var first = Sse41.PackUnsignedSaturate(Combine(high0.GetLower(), low0.GetLower()), Combine(high0.GetUpper(), low0.GetUpper()));
        var second = Sse41.PackUnsignedSaturate(Combine(high1.GetLower(), low1.GetLower()), Combine(high1.GetUpper(), low1.GetUpper()));
        Sse2.Store(target, Sse2.PackUnsignedSaturate(first.AsInt16(), second.AsInt16()));
    }

    /// <summary>The rounded sums, which may lie outside 0..255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Combine(Vector128<int> high, Vector128<int> low) =>
        ((high << PackedWeights.LowBits) + low + Vector128.Create(1 << (AxisWeights.FractionBits - 1))) >> AxisWeights.FractionBits;
}
