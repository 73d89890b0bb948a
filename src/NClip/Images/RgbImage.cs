namespace NClip.Images;

/// <summary>A picture as a person sees it: upright sRGB, 8 bit, without transparency. Immutable.</summary>
public sealed class RgbImage
{
    /// <summary>Takes <paramref name="pixels"/> (row by row, R G B interleaved, <c>3 * width * height</c> bytes) without copying.</summary>
    /// <exception cref="ArgumentException">The length does not fit.</exception>
    public RgbImage(int width, int height, ReadOnlyMemory<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (pixels.Length != 3L * width * height) throw new ArgumentException($"{pixels.Length} bytes given; an RGB picture of {width} x {height} pixels has {3L * width * height}.", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>[Height, Width, 3], R G B.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>Reads a file: orientation applied, colours as sRGB, transparency over white, 16 bit reduced to 8.</summary>
    /// <exception cref="ImageException">The file cannot be read; the message says why.</exception>
    public static RgbImage Load(string path, ImageOptions? options = null)
    {
        using var file = EncodedFile.Read(path);
        return Decode(file.Bytes, file.Name, options);
    }

    /// <summary>Reads an encoded picture (JPEG, PNG, WebP, ...) in memory, as <see cref="Load"/> does.</summary>
    /// <param name="encoded">The bytes of the file.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <exception cref="ImageException">The bytes cannot be read; the message says why.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> encoded, string? name = null, ImageOptions? options = null)
    {
        options ??= new ImageOptions();
        return ImageDecoder.Decode(encoded, new DecodeRequest(name, ImagePolicy.Natural, options with { FastJpeg = false }), Seen);
    }

    private static RgbImage Seen(PixelRows rows)
    {
        using var seen = NaturalView.Of(rows);
        var pixels = new byte[3L * seen.Width * seen.Height];
        for (var y = 0; y < seen.Height; y++) RgbConversion.PackRow(seen, y, pixels.AsSpan(y * 3 * seen.Width, 3 * seen.Width));
        return new RgbImage(seen.Width, seen.Height, pixels);
    }
}
