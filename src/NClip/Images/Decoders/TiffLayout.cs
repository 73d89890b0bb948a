namespace NClip.Images.Decoders;

/// <summary>How the pixels of a TIFF lie in its file: strips or tiles, samples, compression.</summary>
internal sealed record TiffLayout(int Width, int Height, int Bits, int Samples, int Photometric, int Compression, bool Predicted, bool Planar,
    int BlockWidth, int BlockHeight, uint[] Offsets, uint[] Counts, int Alpha)
{
    /// <exception cref="ImageException">Broken or too large.</exception>
    public static TiffLayout Of(TiffDirectory d, DecodeRequest request)
    {
        var (width, height) = (d.Value(256, 0), d.Value(257, 0));
        request.CheckSize(width, height);
        var (samples, bits) = (d.Value(277, 1), d.Values(258));
        if (samples is 0 or > 16 || bits.Any(b => b != bits[0])) throw request.Error($"TIFF with {samples} samples of {string.Join(", ", bits)} bits is not supported. Convert it to PNG or JPEG.");
        var tiled = d.Values(324).Length > 0;
        var (blockWidth, blockHeight) = tiled ? (d.Value(322, 0), d.Value(323, 0)) : (width, Math.Min(height, d.Value(278, height)));
        if (blockWidth == 0 || blockHeight == 0 || blockWidth > width + 65535 || blockHeight > height + 65535) throw request.Broken("TIFF", $"its strips or tiles have {blockWidth} x {blockHeight} pixels");
        request.CheckSize(blockWidth, blockHeight);
        var extra = d.Values(338);
        return new TiffLayout((int)width, (int)height, (int)(bits is [var first, ..] ? first : 1), (int)samples, (int)d.Value(262, 0), (int)d.Value(259, 1),
            d.Value(317, 1) == 2, d.Value(284, 1) == 2, (int)blockWidth, (int)blockHeight, d.Values(tiled ? 324 : 273), d.Values(tiled ? 325 : 279), extra is [var kind, ..] ? (int)kind : 0);
    }

    public int BlocksAcross => (Width + BlockWidth - 1) / BlockWidth;

    public int BlocksDown => (Height + BlockHeight - 1) / BlockHeight;

    /// <summary>Bytes of one row of a strip or tile.</summary>
    public long BlockStride => (((long)BlockWidth * Samples * Bits) + 7) / 8;

    /// <summary>Whether our own code reads it: integer samples, contiguous, not compressed or by LZW, deflate or PackBits.</summary>
    public bool Simple => !Planar && Compression is 1 or 5 or 8 or 32946 or 32773 && (!Predicted || Bits is 8 or 16) && Photometric switch
    {
        0 or 1 => Samples == 1 && Bits is 1 or 2 or 4 or 8 or 16,
        2 => Samples is 3 or 4 && Bits is 8 or 16,
        3 => Samples == 1 && Bits is 1 or 2 or 4 or 8,
        5 => Samples == 4 && Bits == 8,
        _ => false,
    };

    public PixelMode Mode => Photometric switch
    {
        0 or 1 => Bits switch { 1 => PixelMode.Bilevel, 16 => PixelMode.Grey16Raw, _ => PixelMode.Grey },
        3 => PixelMode.Palette,
        5 => PixelMode.Cmyk,
        _ => Samples == 4 && Alpha is 1 or 2 ? PixelMode.Rgba : PixelMode.Rgb,
    };
}
