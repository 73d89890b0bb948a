using System.Numerics;
using System.Runtime.InteropServices;

namespace NClip.Images.Resize;

/// <summary>The resize of 16- and 32-bit grey: the same taps in double, rounded half away from zero after each pass. Between the passes 16-bit values may leave 0..65535, as in Pillow's 32-bit mode.</summary>
internal static class WideResizer
{
    /// <typeparam name="T">ushort or int.</typeparam>
    public static void Resize<T>(PixelRows source, Fit fit, Window window, Interpolation filter, Target target)
        where T : unmanaged, IBinaryInteger<T>
    {
        var horizontal = source.Width == fit.Width ? null : new AxisWeights(source.Width, fit.Width, window.X, window.Width, filter);
        var vertical = source.Height == fit.Height ? null : new AxisWeights(source.Height, fit.Height, window.Y, window.Height, filter);
        using var band = new RowBand(window.Width * sizeof(int), vertical?.MaxCount ?? 1);
        for (var y = 0; y < window.Height; y++)
        {
            var (start, count) = vertical is null ? (window.Y + y, 1) : (vertical.Start[y], vertical.Count[y]);
            band.DropBefore(start);
            while (band.End < start + count)
            {
                var row = MemoryMarshal.Cast<byte, T>(source.Row(band.End));
                Horizontal(row, horizontal, window.X, MemoryMarshal.Cast<byte, int>(band.Next()));
            }
            Vertical(MemoryMarshal.Cast<byte, int>(band.From(start)), vertical is null ? [1.0] : vertical.ExactOf(y), MemoryMarshal.Cast<byte, T>(target.Row(y)));
        }
    }

    private static void Horizontal<T>(ReadOnlySpan<T> row, AxisWeights? weights, int left, Span<int> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (var i = 0; i < target.Length; i++)
        {
            if (weights is null)
            {
                target[i] = int.CreateTruncating(row[left + i]);
                continue;
            }
            var start = weights.Start[i];
            var w = weights.ExactOf(i);
            var sum = 0.0;
            for (var t = 0; t < w.Length; t++) sum += int.CreateTruncating(row[start + t]) * w[t];
            target[i] = Round(sum);
        }
    }

    private static void Vertical<T>(ReadOnlySpan<int> rows, ReadOnlySpan<double> weights, Span<T> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        for (var x = 0; x < target.Length; x++)
        {
            var sum = 0.0;
            for (var t = 0; t < weights.Length; t++) sum += rows[(t * target.Length) + x] * weights[t];
            target[x] = T.CreateSaturating(Round(sum));    // what is read of it is clamped to 0..255 or shifted right
        }
    }

    private static int Round(double v) => v >= 0 ? (int)Math.Floor(v + 0.5) : -(int)Math.Floor(0.5 - v);
}
