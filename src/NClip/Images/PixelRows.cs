namespace NClip.Images;

/// <summary>How a file stores its pixels; what Pillow calls the mode. LA is kept as <see cref="Rgba"/> and an RGB pixel always takes four bytes: one kernel serves both.</summary>
internal enum PixelMode
{
    /// <summary>Pillow's <c>1</c>: one byte a pixel, 0 or 255.</summary>
    Bilevel,

    /// <summary>Pillow's <c>L</c>: one byte.</summary>
    Grey,

    /// <summary>Pillow's <c>P</c>: one byte, an index into the palette.</summary>
    Palette,

    /// <summary>Four bytes: R G B and one that counts for nothing.</summary>
    Rgb,

    /// <summary>Four bytes: R G B A, not premultiplied.</summary>
    Rgba,

    /// <summary>Four bytes: C M Y K, 255 = full ink.</summary>
    Cmyk,

    /// <summary>Pillow's <c>I</c> as PNG and PGM make it: 16-bit grey, two bytes in the machine's order.</summary>
    Grey16,

    /// <summary>Pillow's <c>I</c> as TIFF makes it: 32-bit grey with a sign, four bytes in the machine's order.</summary>
    Grey32,

    /// <summary>Pillow's <c>PA</c>, of which only the index is kept: one byte. Pillow resizes the indices as grey levels.</summary>
    PaletteAlpha,

    /// <summary>Pillow's <c>I;16</c> as TIFF makes it: the same two bytes, but Pillow cannot resize it.</summary>
    Grey16Raw,
}

/// <summary>Decoded pixels, row by row. Rows are asked for in increasing order, so that a decoder may produce them as they are needed.</summary>
internal abstract class PixelRows : IDisposable
{
    protected PixelRows(int width, int height, PixelMode mode) => (Width, Height, Mode, FullWidth, FullHeight) = (width, height, mode, width, height);

    public int Width { get; }

    public int Height { get; }

    public PixelMode Mode { get; }

    /// <summary>Width of the picture that these rows show: larger than <see cref="Width"/> where it was decoded at a reduced size.</summary>
    public int FullWidth { get; init; }

    /// <summary>Height, likewise.</summary>
    public int FullHeight { get; init; }

    /// <summary>256 entries R G B A of a picture of indices.</summary>
    public byte[]? Palette { get; init; }

    /// <summary>EXIF orientation 1..8; 1 where there is none.</summary>
    public int Orientation { get; init; } = 1;

    public int RowBytes => Width * BytesPerPixel(Mode);

    /// <summary>One row. The span is valid until the next call.</summary>
    public abstract ReadOnlySpan<byte> Row(int y);

    /// <summary>Decodes to the end, so that a file whose last rows are missing is refused although nobody asked for them.</summary>
    public virtual void Finish()
    {
    }

    public abstract void Dispose();

    public static int BytesPerPixel(PixelMode mode) => mode switch
    {
        PixelMode.Rgb or PixelMode.Rgba or PixelMode.Cmyk or PixelMode.Grey32 => 4,
        PixelMode.Grey16 or PixelMode.Grey16Raw => 2,
        _ => 1,
    };
}
