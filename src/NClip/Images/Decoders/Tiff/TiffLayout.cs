namespace NClip.Images.Decoders.Tiff;

/// <summary>What the first sample beyond the colours of a TIFF is.</summary>
internal enum TiffAlpha
{
    /// <summary>No transparency.</summary>
    None,

    /// <summary>Colours are stored times alpha.</summary>
    Premultiplied,

    /// <summary>Colours are stored as they are.</summary>
    Straight,
}

/// <summary>How the pixels of a TIFF lie in its file: strips or tiles, samples, compression.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Bits">Of a sample.</param>
/// <param name="Samples">Of a pixel, those beyond its colours included.</param>
/// <param name="Photometric">Tag 262: 0 white is 0, 1 black is 0, 2 RGB, 3 palette, 5 CMYK.</param>
/// <param name="Compression">Tag 259.</param>
/// <param name="Predictor">Tag 317: 1 none, 2 differences to the left.</param>
/// <param name="Signed">Whether samples have a sign.</param>
/// <param name="Planar">Whether each sample has blocks of its own.</param>
/// <param name="Reversed">Whether the lowest bit of a byte comes first (fill order 2).</param>
/// <param name="Tiled">Tiles, or strips.</param>
/// <param name="BlockWidth">Width of a strip or tile in pixels.</param>
/// <param name="BlockHeight">Its height.</param>
/// <param name="Offsets">Where the blocks start.</param>
/// <param name="Counts">Their bytes; empty where the file does not say.</param>
/// <param name="Alpha">Transparency.</param>
internal sealed record TiffLayout(int Width, int Height, int Bits, int Samples, int Photometric, int Compression, int Predictor, bool Signed, bool Planar, bool Reversed, bool Tiled,
    int BlockWidth, int BlockHeight, uint[] Offsets, uint[] Counts, TiffAlpha Alpha)
{
    /// <exception cref="ImageException">Broken or too large.</exception>
    public static TiffLayout Of(TiffDirectory d, DecodeRequest request)
    {
        var (width, height) = (d.Value(256, 0), d.Value(257, 0));
        request.CheckSize(width, height);
        var tiled = d.Value(324, 0) != 0;
        var (blockWidth, blockHeight) = tiled ? (d.Value(322, 0), d.Value(323, 0)) : (width, Math.Min(height, d.Value(278, height)));
        if (blockWidth == 0 || blockHeight == 0 || blockWidth > width + 65535 || blockHeight > height + 65535) throw request.Broken(ImageFormat.Tiff, $"its strips or tiles have {blockWidth} x {blockHeight} pixels");
        request.CheckSize(blockWidth, blockHeight);
        var samples = d.Value(277, 1);
        var photometric = (int)d.Value(262, 0);
        return new TiffLayout((int)width, (int)height, BitsOf(d, samples, request), (int)samples, photometric, (int)d.Value(259, 1), (int)d.Value(317, 1), d.Value(339, 1) == 2,
            d.Value(284, 1) == 2 && samples > 1, d.Value(266, 1) == 2, tiled, (int)blockWidth, (int)blockHeight, d.Values(tiled ? 324 : 273), d.Values(tiled ? 325 : 279), AlphaOf(d, photometric, samples));
    }

    public int BlocksAcross => (Width + BlockWidth - 1) / BlockWidth;

    public int BlocksDown => (Height + BlockHeight - 1) / BlockHeight;

    /// <summary>Blocks of one plane.</summary>
    public int BlocksOfPlane => checked(BlocksAcross * BlocksDown);

    /// <summary>Bytes of one row of a strip or tile, all samples together.</summary>
    public long BlockStride => (((long)BlockWidth * Samples * Bits) + 7) / 8;

    /// <summary>Whether our own code reads it: integer samples, not compressed or by LZW, deflate or PackBits.</summary>
    public bool Simple => Compression is 1 or 5 or 8 or 32946 or 32773 && (Predictor <= 1 || (Predictor == 2 && Bits is 8 or 16 or 32)) && Photometric switch
    {
        0 or 1 => (Samples == 1 && Bits is 1 or 2 or 4 or 8 or 16 or 32) || (Samples == 2 && Bits == 8),
        2 => (Samples is >= 3 and <= 6 && Bits == 8) || (Samples is 3 or 4 && Bits == 16),
        3 => (Samples == 1 && Bits is 1 or 2 or 4 or 8) || (Samples == 2 && Bits == 8),
        5 => (Samples is >= 4 and <= 6 && Bits == 8) || (Samples == 4 && Bits == 16),
        _ => false,
    };

    public PixelMode Mode => Photometric switch
    {
        0 or 1 when Alpha != TiffAlpha.None => PixelMode.Rgba,
        0 or 1 => Bits switch { 1 => PixelMode.Bilevel, 16 when !Signed => PixelMode.Grey16Raw, 16 or 32 => PixelMode.Grey32, _ => PixelMode.Grey },
        3 => Alpha != TiffAlpha.None ? PixelMode.PaletteAlpha : PixelMode.Palette,
        5 => PixelMode.Cmyk,
        _ => Alpha != TiffAlpha.None ? PixelMode.Rgba : PixelMode.Rgb,
    };

    /// <summary>The bits of every sample, as Pillow takes them: surplus values do not count, a single one is for all.</summary>
    private static int BitsOf(TiffDirectory d, uint samples, DecodeRequest request)
    {
        var bits = d.Values(258);
        if (bits.Length == 0) bits = [1];
        if (bits.Length > samples) bits = bits[..(int)samples];
        if (samples is 0 or > 16 || Array.Exists(bits, b => b != bits[0]) || bits[0] > 64 || (bits.Length != 1 && bits.Length != samples))
            throw request.Error($"TIFF with {samples} samples of {string.Join(", ", bits.Take(16))} bits is not supported. Convert it to PNG or JPEG.");
        return (int)bits[0];
    }

    /// <summary>Four samples of an RGB picture that does not say what the fourth is: transparency.</summary>
    private static TiffAlpha AlphaOf(TiffDirectory d, int photometric, uint samples)
    {
        var colours = photometric switch { 0 or 1 or 3 => 1, 2 => 3, _ => 16 };
        return samples <= colours ? TiffAlpha.None : d.Value(338, samples == 4 ? 2u : 0u) switch
        {
            1 => TiffAlpha.Premultiplied,
            2 or 999 => TiffAlpha.Straight,    // 999: Corel Draw 10
            _ => TiffAlpha.None,
        };
    }
}
