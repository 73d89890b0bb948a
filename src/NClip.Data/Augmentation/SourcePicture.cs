using NClip.Images;
using NClip.Images.Resize;

namespace NClip.Data;

/// <summary>A box of whole pixels in a picture.</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct PictureBox(int Left, int Top, int Width, int Height)
{
    /// <summary>The largest square in the middle.</summary>
    public static PictureBox CentreSquare(int width, int height)
    {
        var side = Math.Min(width, height);
        return new PictureBox((width - side) / 2, (height - side) / 2, side, side);
    }
}

/// <summary>A picture as a person sees it (upright, sRGB, transparency over white), from which one box is cut and resized, as Pillow's <c>crop</c> and <c>resize</c> do to the bit. Rows are decoded as they are needed, so it can be cut once.</summary>
public sealed class SourcePicture : IDisposable
{
    private readonly PixelRows _rows;
    private readonly string? _name;

    private SourcePicture(PixelRows rows, string? name) => (_rows, _name) = (rows, name);

    /// <summary>Width in pixels, upright.</summary>
    public int Width => _rows.Width;

    /// <summary>Height in pixels, upright.</summary>
    public int Height => _rows.Height;

    /// <summary>Reads the header of an encoded picture (JPEG, PNG, WebP, ...).</summary>
    /// <param name="encoded">The bytes of the file; must stay until the picture is disposed.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <exception cref="ImageException">The bytes are no picture that can be read; the message says why.</exception>
    public static SourcePicture Open(ReadOnlyMemory<byte> encoded, string? name = null, ImageOptions? options = null) =>
        new(NaturalView.Of(ImageDecoder.Open(encoded, new DecodeRequest(name, ImagePolicy.Natural, (options ?? new ImageOptions()) with { FastJpeg = false }))), name);

    /// <summary>A picture in memory.</summary>
    public static SourcePicture Of(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new SourcePicture(new RgbImageRows(image), null);
    }

    /// <summary>Cuts <paramref name="box"/> and resizes it to <paramref name="width"/> x <paramref name="height"/>. The whole picture is decoded: one that is cut off is refused wherever the box lies.</summary>
    /// <param name="box">Inside the picture.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="filter">Resampling filter, widened when shrinking.</param>
    /// <param name="rgb">[height, width, 3], filled.</param>
    /// <exception cref="ImageException">The pixels are broken or cut off.</exception>
    /// <exception cref="DataException">The box is not inside the picture.</exception>
    public void Cut(PictureBox box, int width, int height, Interpolation filter, Span<byte> rgb)
    {
        if (box.Width < 1 || box.Height < 1 || box.Left < 0 || box.Top < 0 || box.Left > Width - box.Width || box.Top > Height - box.Height)
            throw new DataException($"the box {box.Width} x {box.Height} at ({box.Left}, {box.Top}) is not inside the picture of {Width} x {Height} pixels.", _name);
        using var cut = Resizer.Resize(new BoxRows(_rows, box), new Fit(width, height, 0, 0), width, height, filter);
        _rows.Finish();
        for (var y = 0; y < height; y++) RgbConversion.PackRow(cut, y, rgb.Slice(y * 3 * width, 3 * width));
    }

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();

    /// <summary>The rows of a box, which belong to the picture.</summary>
    private sealed class BoxRows(PixelRows rows, PictureBox box) : PixelRows(box.Width, box.Height, rows.Mode)
    {
        private readonly int _left = box.Left * BytesPerPixel(rows.Mode);

        public override ReadOnlySpan<byte> Row(int y) => rows.Row(box.Top + y).Slice(_left, RowBytes);

        public override void Dispose()
        {
        }
    }
}
