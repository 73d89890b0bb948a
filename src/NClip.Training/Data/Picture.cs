using SkiaSharp;

namespace NClip.Training.Data;

/// <summary>A decoded training picture, RGBA, and the resampling that cuts tower inputs from it.</summary>
internal sealed class Picture
{
    private readonly byte[] _rgba;

    private Picture(byte[] rgba, int width, int height) => (_rgba, Width, Height) = (rgba, width, height);

    public int Width { get; }

    public int Height { get; }

    /// <summary>Decodes an encoded picture, or returns null where it is none.</summary>
    public static Picture? Decode(byte[] encoded)
    {
        using var bitmap = SKBitmap.Decode(encoded);
        if (bitmap is null) return null;
        using var rgba = bitmap.ColorType == SKColorType.Rgba8888 ? null : bitmap.Copy(SKColorType.Rgba8888);
        return new Picture((rgba ?? bitmap).Bytes, bitmap.Width, bitmap.Height);
    }

    /// <summary>A square picture of values (u8 - 127.5) / 127.5, [size, size, 3].</summary>
    public static Picture FromPixels(ReadOnlySpan<float> pixels, int size)
    {
        var rgba = new byte[size * size * 4];
        for (var i = 0; i < size * size; i++)
            for (var c = 0; c < 3; c++) rgba[i * 4 + c] = (byte)MathF.Round(Math.Clamp(pixels[i * 3 + c] * 127.5f + 127.5f, 0, 255));
        return new Picture(rgba, size, size);
    }

    /// <summary>The centre square of the short side as [size, size, 3], values (u8 - 127.5) / 127.5.</summary>
    public void CentreSquare(int size, Span<float> pixels)
    {
        var side = Math.Min(Width, Height);
        Crop((Width - side) / 2f, (Height - side) / 2f, side, side, size, pixels);
    }

    /// <summary>A box of the picture as [size, size, 3], resampled bicubically (a = -0.5, widened when shrinking, as Pillow does), values (u8 - 127.5) / 127.5.</summary>
    public void Crop(float left, float top, float width, float height, int size, Span<float> pixels)
    {
        var (xs, xw, xn) = Taps(left, width, Width, size);
        var (ys, yw, yn) = Taps(top, height, Height, size);
        var first = ys.Min();
        var rows = ys.Select((y, i) => y + yn).Max() - first;
        rows = Math.Min(rows, Height - first);
        var wide = new float[rows * size * 3];
        for (var y = 0; y < rows; y++)
        {
            var row = _rgba.AsSpan((first + y) * Width * 4, Width * 4);
            for (var x = 0; x < size; x++)
            {
                float r = 0, g = 0, b = 0;
                for (var k = 0; k < xn; k++)
                {
                    var w = xw[x * xn + k];
                    var at = Math.Min(xs[x] + k, Width - 1) * 4;
                    r += w * row[at];
                    g += w * row[at + 1];
                    b += w * row[at + 2];
                }
                var o = (y * size + x) * 3;
                (wide[o], wide[o + 1], wide[o + 2]) = (r, g, b);
            }
        }
        var line = size * 3;
        for (var y = 0; y < size; y++)
        {
            var target = pixels.Slice(y * line, line);
            target.Clear();
            for (var k = 0; k < yn; k++)
            {
                var w = yw[y * yn + k];
                if (w == 0) continue;
                System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(wide.AsSpan(Math.Min(ys[y] + k - first, rows - 1) * line, line), w, target, target);
            }
            for (var i = 0; i < line; i++) target[i] = (MathF.Round(Math.Clamp(target[i], 0, 255)) - 127.5f) / 127.5f;
        }
    }

    private static (int[] First, float[] Weights, int Count) Taps(float start, float length, int limit, int size)
    {
        var scale = length / size;
        var stretch = Math.Max(scale, 1);
        var support = 2 * stretch;
        var count = (int)MathF.Ceiling(support) * 2 + 1;
        var (first, weights) = (new int[size], new float[size * count]);
        for (var i = 0; i < size; i++)
        {
            var centre = start + (i + 0.5f) * scale;
            var from = Math.Max((int)(centre - support + 0.5f), 0);
            var to = Math.Min((int)(centre + support + 0.5f), limit);
            first[i] = from;
            var sum = 0f;
            for (var k = from; k < to; k++) sum += weights[i * count + k - from] = Cubic((k - centre + 0.5f) / stretch);
            for (var k = 0; k < to - from; k++) weights[i * count + k] /= sum;
        }
        return (first, weights, count);
    }

    private static float Cubic(float x)
    {
        x = Math.Abs(x);
        return x < 1 ? (1.5f * x - 2.5f) * x * x + 1 : x < 2 ? ((-0.5f * x + 2.5f) * x - 4) * x + 2 : 0;
    }
}
