using System.Buffers;

namespace NClip.Images;

/// <summary>The rows of a picture in memory, four bytes a pixel.</summary>
internal sealed class RgbImageRows(RgbImage image) : PixelRows(image.Width, image.Height, PixelMode.Rgb)
{
    private byte[]? _row = ArrayPool<byte>.Shared.Rent(4 * image.Width);

    public override ReadOnlySpan<byte> Row(int y)
    {
        var to = (_row ?? throw new ObjectDisposedException(nameof(RgbImageRows))).AsSpan(0, RowBytes);
        Expand(image.Pixels.Span.Slice(y * 3 * Width, 3 * Width), to);
        return to;
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _row, null) is { } row) ArrayPool<byte>.Shared.Return(row);
    }

    /// <summary>Three bytes a pixel -> four.</summary>
    public static void Expand(ReadOnlySpan<byte> rgb, Span<byte> rgbx)
    {
        for (int i = 0, o = 0; i + 2 < rgb.Length; i += 3, o += 4)
            (rgbx[o], rgbx[o + 1], rgbx[o + 2], rgbx[o + 3]) = (rgb[i], rgb[i + 1], rgb[i + 2], 255);
    }
}
