using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>The filters of the corruptions, as scipy, OpenCV, ImageMagick and Pillow define them.</summary>
internal static class Filters
{
    /// <summary>Gaussian of a sigma, cut at <paramref name="truncate"/> of it, on both axes.</summary>
    public static Canvas Gaussian(Canvas picture, double sigma, double truncate, Func<int, int, int> border)
    {
        var kernel = Kernel(sigma, (int)((truncate * sigma) + 0.5));
        return kernel.Length <= Math.Min(picture.Width, picture.Height) ? Symmetric(picture, kernel, border) : Wide(picture, kernel, border);
    }

    // Sums in scipy's order (the middle, then pairs from the ends inwards): what is cut to bytes afterwards depends on the last bit where a picture is flat.
    private static Canvas Symmetric(Canvas picture, double[] kernel, Func<int, int, int> border)
    {
        var radius = kernel.Length / 2;
        var (w, h, ch) = (picture.Width, picture.Height, picture.Channels);
        var (rows, r) = (new Canvas(w, h, ch), new Canvas(w, h, ch));
        for (var y = 0; y < h; y++)
        {
            var to = rows.Values.AsSpan(y * w * ch, w * ch);
            ReadOnlySpan<double> Row(int from) => picture.Values.AsSpan(border(from, h) * w * ch, w * ch);
            TensorPrimitives.Multiply(Row(y), kernel[radius], to);
            var pair = new double[to.Length];
            for (var k = radius; k > 0; k--)
            {
                TensorPrimitives.Add(Row(y - k), Row(y + k), pair);
                TensorPrimitives.Multiply(pair, kernel[radius - k], pair);
                TensorPrimitives.Add(to, pair, to);
            }
        }
        for (var x = 0; x < w; x++)
            for (var y = 0; y < h; y++)
                for (var c = 0; c < ch; c++)
                {
                    var sum = rows[x, y, c] * kernel[radius];
                    for (var k = radius; k > 0; k--) sum += (rows[border(x - k, w), y, c] + rows[border(x + k, w), y, c]) * kernel[radius - k];
                    r[x, y, c] = sum;
                }
        return r;
    }

    // A kernel that is wider than the picture: what lies beyond the edge is added to the weights of what it repeats.
    private static Canvas Wide(Canvas picture, double[] kernel, Func<int, int, int> border)
    {
        var (down, across) = (Folded(kernel, picture.Height, border), Folded(kernel, picture.Width, border));
        var (h, w, ch) = (picture.Height, picture.Width, picture.Channels);
        var r = new Canvas(w, h, ch);
        var planes = Enumerable.Range(0, ch).Select(_ => new double[w * h]).ToArray(); // columns one after the other
        for (var y = 0; y < h; y++)
            for (var x = 0; x < w; x++)
                for (var c = 0; c < ch; c++) planes[c][(x * h) + y] = picture[x, y, c];
        for (var c = 0; c < ch; c++)
        {
            var rows = new double[w * h];
            for (var y = 0; y < h; y++)
                for (var x = 0; x < w; x++) rows[(y * w) + x] = Dot(down[y], planes[c].AsSpan(x * h, h));
            for (var y = 0; y < h; y++)
                for (var x = 0; x < w; x++) r[x, y, c] = Dot(across[x], rows.AsSpan(y * w, w));
        }
        return r;
    }

    /// <summary>exp(-i^2 / 2 sigma^2) for i in -radius..radius, with sum 1.</summary>
    public static double[] Kernel(double sigma, int radius)
    {
        var k = Enumerable.Range(-radius, (2 * radius) + 1).Select(i => Math.Exp(-0.5 / (sigma * sigma) * ((double)i * i))).ToArray();
        TensorPrimitives.Divide(k, k.Sum(), k); // one after the other, as numpy sums so few
        return k;
    }

    /// <summary>A disk with soft edges, [2n+1, 2n+1].</summary>
    public static double[,] Disk(int radius, double softness)
    {
        var n = Math.Max(8, radius);
        var side = (2 * n) + 1;
        var disk = new Canvas(side, side, 1);
        for (var y = -n; y <= n; y++)
            for (var x = -n; x <= n; x++) disk[x + n, y + n, 0] = (x * x) + (y * y) <= radius * radius ? 1 : 0;
        var sum = TensorPrimitives.Sum<double>(disk.Values);
        var soft = Convolved(disk.Map((v, _) => v / sum), Kernel(softness, radius <= 8 ? 1 : 2));
        var r = new double[side, side];
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++) r[y, x] = soft[x, y, 0];
        return r;
    }

    /// <summary>Correlation with a kernel of two dimensions; borders mirror.</summary>
    public static Canvas Correlated(Canvas picture, double[,] kernel)
    {
        var r = new Canvas(picture.Width, picture.Height, picture.Channels);
        var (ry, rx) = (kernel.GetLength(0) / 2, kernel.GetLength(1) / 2);
        (int Y, int X, double Weight)[] taps = [.. from y in Enumerable.Range(-ry, (2 * ry) + 1) from x in Enumerable.Range(-rx, (2 * rx) + 1) where kernel[y + ry, x + rx] != 0 select (y, x, kernel[y + ry, x + rx])];
        var (w, n) = (picture.Width, picture.Width * picture.Channels);
        var wide = new double[n + (2 * rx * picture.Channels)]; // a row with its borders
        for (var from = 0; from < picture.Height; from++)
        {
            for (var x = -rx; x < w + rx; x++)
                for (var c = 0; c < picture.Channels; c++) wide[((x + rx) * picture.Channels) + c] = picture[Borders.Mirror(x, w), from, c];
            foreach (var (dy, dx, weight) in taps)
                for (var y = 0; y < picture.Height; y++)
                    if (Borders.Mirror(y + dy, picture.Height) == from)
                    {
                        var to = r.Values.AsSpan(y * n, n);
                        TensorPrimitives.MultiplyAdd(wide.AsSpan((dx + rx) * picture.Channels, n), weight, to, to);
                    }
        }
        return r;
    }

    /// <summary>ImageMagick's motion blur: half a Gaussian along a line, edges repeated, bytes rounded.</summary>
    public static Canvas Motion(Canvas picture, double radius, double sigma, double angle)
    {
        var taps = (2 * (int)Math.Ceiling(radius)) + 1;
        var kernel = Enumerable.Range(0, taps).Select(i => Math.Exp(-(double)i * i / (2 * sigma * sigma))).ToArray();
        TensorPrimitives.Divide(kernel, TensorPrimitives.Sum<double>(kernel), kernel);
        var (sin, cos) = Math.SinCos(angle * Math.PI / 180);
        var r = new Canvas(picture.Width, picture.Height, picture.Channels);
        for (var i = 0; i < taps; i++)
        {
            var (dx, dy) = ((int)Math.Ceiling((i * cos) - 0.5), (int)Math.Ceiling((i * sin) - 0.5));
            for (var y = 0; y < r.Height; y++)
                for (var x = 0; x < r.Width; x++)
                    for (var c = 0; c < r.Channels; c++) r[x, y, c] += kernel[i] * picture[Borders.Nearest(x + dx, r.Width), Borders.Nearest(y + dy, r.Height), c];
        }
        return r.Map((v, _) => Math.Clamp(Math.Floor((v * 255) + 0.5), 0, 255) / 255);
    }

    /// <summary>The middle enlarged by a factor, corners onto corners, cut to the size.</summary>
    public static Canvas Zoomed(Canvas picture, double factor)
    {
        var (down, across) = (Zoom(picture.Height, factor), Zoom(picture.Width, factor));
        var r = new Canvas(picture.Width, picture.Height, picture.Channels);
        for (var y = 0; y < r.Height; y++)
            for (var x = 0; x < r.Width; x++)
            {
                var ((y0, y1, fy), (x0, x1, fx)) = (down[y], across[x]);
                for (var c = 0; c < r.Channels; c++)
                    r[x, y, c] = ((1 - fy) * (((1 - fx) * picture[x0, y0, c]) + (fx * picture[x1, y0, c]))) + (fy * (((1 - fx) * picture[x0, y1, c]) + (fx * picture[x1, y1, c])));
            }
        return r;
    }

    /// <summary>A value between pixels, by two straight lines.</summary>
    public static double At(Canvas picture, double x, double y, int c, Func<int, int, int> border)
    {
        var (x0, y0) = ((int)Math.Floor(x), (int)Math.Floor(y));
        var (fx, fy) = (x - x0, y - y0);
        var (a, b, u, v) = (border(x0, picture.Width), border(x0 + 1, picture.Width), border(y0, picture.Height), border(y0 + 1, picture.Height));
        return ((1 - fy) * (((1 - fx) * picture[a, u, c]) + (fx * picture[b, u, c]))) + (fy * (((1 - fx) * picture[a, v, c]) + (fx * picture[b, v, c])));
    }

    /// <summary>Pillow's resize with its box filter: bytes after each axis.</summary>
    public static Canvas Box(Canvas picture, int width, int height)
    {
        var (across, down) = (BoxTaps(picture.Width, width), BoxTaps(picture.Height, height));
        static double Byte(double v) => Math.Floor((v * 255) + (0.5 + 1e-9)) / 255; // halves go up, whatever became of them on the way
        var rows = new Canvas(width, picture.Height, picture.Channels);
        for (var y = 0; y < rows.Height; y++)
            for (var x = 0; x < width; x++)
                for (var c = 0; c < rows.Channels; c++) rows[x, y, c] = Byte(Enumerable.Range(across[x].First, across[x].Count).Average(i => picture[i, y, c]));
        var r = new Canvas(width, height, picture.Channels);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                for (var c = 0; c < r.Channels; c++) r[x, y, c] = Byte(Enumerable.Range(down[y].First, down[y].Count).Average(i => rows[x, i, c]));
        return r;
    }

    private static (int First, int Count)[] BoxTaps(int from, int to)
    {
        var scale = (double)from / to;
        var filter = Math.Max(1, scale);
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            var centre = (i + 0.5) * scale;
            var (first, end) = (Math.Max(0, (int)(centre - (filter / 2) + 0.5)), Math.Min(from, (int)(centre + (filter / 2) + 0.5)));
            int[] inside = [.. Enumerable.Range(first, end - first).Where(x => (x - centre + 0.5) / filter is > -0.5 and <= 0.5)];
            return (inside[0], inside.Length);
        })];
    }

    private static (int Low, int High, double Share)[] Zoom(int n, double factor)
    {
        var crop = (int)Math.Ceiling(n / factor);
        var (first, large) = ((n - crop) / 2, (int)Math.Round(crop * factor, MidpointRounding.ToEven));
        var trim = (large - n) / 2;
        return [.. Enumerable.Range(0, n).Select(i =>
        {
            var at = large > 1 ? (double)(i + trim) * (crop - 1) / (large - 1) : 0;
            var low = Math.Min((int)at, crop - 1);
            return (first + low, first + Math.Min(low + 1, crop - 1), at - low);
        })];
    }

    private static Canvas Convolved(Canvas picture, double[] kernel)
    {
        var k = new double[kernel.Length, kernel.Length];
        for (var y = 0; y < kernel.Length; y++)
            for (var x = 0; x < kernel.Length; x++) k[y, x] = kernel[y] * kernel[x];
        return Correlated(picture, k);
    }

    // A row of weights for each output; only the part that is not 0 is kept.
    private static (int First, double[] Weights)[] Folded(double[] kernel, int n, Func<int, int, int> border) =>
    [
        .. Enumerable.Range(0, n).Select(i =>
        {
            var row = new double[n];
            for (var k = 0; k < kernel.Length; k++) row[border(i + k - (kernel.Length / 2), n)] += kernel[k];
            var first = Array.FindIndex(row, v => v != 0);
            return (first, row[first..(Array.FindLastIndex(row, v => v != 0) + 1)]);
        }),
    ];

    private static double Dot((int First, double[] Weights) row, ReadOnlySpan<double> values) => TensorPrimitives.Dot(row.Weights, values.Slice(row.First, row.Weights.Length));
}
