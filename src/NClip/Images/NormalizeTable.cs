namespace NClip.Images;

/// <summary>(byte / 255 - mean) / std for every byte and channel, in three separately rounded float32 operations: the bits that torchvision and transformers give.</summary>
internal sealed class NormalizeTable
{
    private readonly float[] _values = new float[3 * 256];

    /// <exception cref="ClipException">There are not three of each, or one is not a usable number.</exception>
    public NormalizeTable(float[] mean, float[] std)
    {
        if (mean.Length != 3 || std.Length != 3) throw new ClipException($"{mean.Length} means and {std.Length} standard deviations given; a picture has three channels.");
        for (var c = 0; c < 3; c++)
        {
            if (!float.IsFinite(mean[c]) || !float.IsNormal(std[c])) throw new ClipException($"mean {mean[c]} and standard deviation {std[c]} of channel {c} cannot be used to normalise.");
            for (var v = 0; v < 256; v++)
            {
                var unit = v / 255f;
                var centred = unit - mean[c];
                _values[(c * 256) + v] = centred / std[c];
            }
        }
    }

    /// <summary>RGB or grey pixels -> [3, H, W].</summary>
    public void Apply(PixelRows pixels, Span<float> destination)
    {
        var plane = pixels.Width * pixels.Height;
        var r = _values.AsSpan(0, 256);
        var g = _values.AsSpan(256, 256);
        var b = _values.AsSpan(512, 256);
        for (var y = 0; y < pixels.Height; y++)
        {
            var row = pixels.Row(y);
            var red = destination.Slice(y * pixels.Width, pixels.Width);
            var green = destination.Slice(plane + (y * pixels.Width), pixels.Width);
            var blue = destination.Slice((2 * plane) + (y * pixels.Width), pixels.Width);
            var (step, second, third) = pixels.Mode == PixelMode.Rgb ? (4, 1, 2) : (1, 0, 0);
            for (var x = 0; x < red.Length; x++)
                (red[x], green[x], blue[x]) = (r[row[x * step]], g[row[(x * step) + second]], b[row[(x * step) + third]]);
        }
    }

    /// <summary>RGB or grey pixels, whose sides are whole patches -> [H/side · W/side, side, side, 3].</summary>
    public void ApplyToPatches(PixelRows pixels, int side, Span<float> destination)
    {
        var columns = pixels.Width / side;
        var (step, second, third) = pixels.Mode == PixelMode.Rgb ? (4, 1, 2) : (1, 0, 0);
        for (var y = 0; y < pixels.Height; y++)
        {
            var row = pixels.Row(y);
            for (var p = 0; p < columns; p++)
            {
                var to = destination.Slice(3 * side * (((((y / side) * columns) + p) * side) + (y % side)), 3 * side);
                var from = row.Slice(p * side * step, side * step);
                for (int x = 0, i = 0; i < to.Length; x += step, i += 3)
                    (to[i], to[i + 1], to[i + 2]) = (_values[from[x]], _values[256 + from[x + second]], _values[512 + from[x + third]]);
            }
        }
    }
}
