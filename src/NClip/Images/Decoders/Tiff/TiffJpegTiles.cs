namespace NClip.Images.Decoders.Tiff;

/// <summary>CMYK tiles that are JPEGs of their own, with tables in common (TIFF Technical Note 2): what ImageMagick's TIFF reader refuses.</summary>
internal static class TiffJpegTiles
{
    private const int JpegTables = 347;

    public static bool Fit(TiffLayout l) => l is { Compression: 7, Photometric: 5, Tiled: true, Samples: 4, Bits: 8, Planar: false } && l.Counts.Length > 0;

    public static Picture Read(ReadOnlyMemory<byte> file, TiffDirectory directory, TiffLayout l, int orientation, DecodeRequest request)
    {
        request.CheckPicture(l.Width, l.Height, PixelMode.Cmyk, orientation);
        var tables = directory.Bytes(JpegTables);
        var picture = new Picture(l.Width, l.Height, PixelMode.Cmyk) { Orientation = orientation };
        try
        {
            for (var i = 0; i < l.BlocksOfPlane; i++)
            {
                using var tile = MagickDecoder.Open(Whole(tables.Span, file.Span.Slice((int)l.Offsets[i], (int)l.Counts[i]), request), ImageFormat.Jpeg, request, PixelMode.Cmyk);
                if (tile.Width != l.BlockWidth || tile.Height != l.BlockHeight) throw request.Broken(ImageFormat.Tiff, $"tile {i} has {tile.Width} x {tile.Height} pixels instead of {l.BlockWidth} x {l.BlockHeight}");
                Place(tile, picture, i % l.BlocksAcross * l.BlockWidth, i / l.BlocksAcross * l.BlockHeight);
            }
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    /// <summary>Start, tables, tile: the start and end markers between them go.</summary>
    private static byte[] Whole(ReadOnlySpan<byte> tables, ReadOnlySpan<byte> tile, DecodeRequest request)
    {
        if (tile.Length < 4 || tables.Length is > 0 and < 4) throw request.Truncated(ImageFormat.Tiff);
        return tables.IsEmpty ? tile.ToArray() : [.. tables[..^2], .. tile[2..]];
    }

    /// <summary>A JPEG file's inks are read as Adobe stores them, inverted; a TIFF's are stored as they are.</summary>
    private static void Place(Picture tile, Picture picture, int left, int top)
    {
        var length = 4 * Math.Min(tile.Width, picture.Width - left);
        for (var y = 0; y < Math.Min(tile.Height, picture.Height - top); y++)
        {
            var from = tile.Row(y)[..length];
            var to = picture.WritableRow(top + y).Slice(4 * left, length);
            for (var i = 0; i < length; i++) to[i] = (byte)~from[i];
        }
    }
}
