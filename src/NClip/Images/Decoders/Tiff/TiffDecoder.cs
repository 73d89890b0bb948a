namespace NClip.Images.Decoders.Tiff;

/// <summary>The first page of a TIFF. Plain layouts are read here, so that their modes stay what they are; fax, JPEG and other inner codings go to ImageMagick.</summary>
internal static class TiffDecoder
{
    /// <exception cref="ImageException">Cut off, broken, too large or not supported.</exception>
    public static Picture Open(ReadOnlyMemory<byte> file, DecodeRequest request)
    {
        if (file.Span[2] == 43 || file.Span[3] == 43) return MagickDecoder.Open(file, ImageFormat.Tiff, request);    // BigTIFF
        var directory = new TiffDirectory(file, request);
        var layout = TiffLayout.Of(directory, request);
        CheckBlocks(layout, file.Length, request);
        var orientation = directory.Value(274, 1) is >= 1 and <= 8 and var o ? (int)o : 1;
        var picture = Pixels(file, directory, layout, orientation, request);
        if (request.Policy == ImagePolicy.Natural || orientation == 1) return picture;
        // Pillow turns TIFFs, and only these, when it loads them. Torchvision asks for the size before that.
        return request.Spec?.Flavour == PipelineFlavour.HuggingFace ? Upright.Of(picture) : Upright.Of(picture, layout.Width, layout.Height);
    }

    private static Picture Pixels(ReadOnlyMemory<byte> file, TiffDirectory directory, TiffLayout layout, int orientation, DecodeRequest request)
    {
        var natural = request.Policy == ImagePolicy.Natural;
        if (TiffJpegTiles.Fit(layout)) return TiffJpegTiles.Read(file, directory, layout, orientation, request);
        var inksWithProfile = natural && layout.Mode == PixelMode.Cmyk && !directory.Bytes(34675).IsEmpty;
        if (!layout.Simple || inksWithProfile) return MagickDecoder.Open(file, ImageFormat.Tiff, request, layout.Bits == 1 && layout.Samples == 1 ? PixelMode.Bilevel : null, orientation);
        var mode = natural && layout.Mode == PixelMode.PaletteAlpha ? PixelMode.Rgba : layout.Mode;
        request.CheckBytes(((long)layout.Width * layout.Height * PixelRows.BytesPerPixel(mode) * (orientation == 1 ? 1 : 2)) + (2 * layout.BlockStride * layout.BlockHeight));
        var picture = new Picture(layout.Width, layout.Height, mode) { Palette = layout.Photometric == 3 ? Palette(directory, layout, request) : null, Orientation = orientation };
        try
        {
            new TiffBlocks(file, directory.LittleEndian, layout, request).Read(picture);
        }
        catch
        {
            picture.Dispose();
            throw;
        }
        return natural ? IccProfile.ToSrgb(TiffPixels.Seen(picture), directory.Bytes(34675).Span) : picture;
    }

    private static void CheckBlocks(TiffLayout l, int fileLength, DecodeRequest request)
    {
        var padded = (long)l.BlocksAcross * l.BlockWidth * l.BlocksDown * l.BlockHeight;
        if (padded > Math.Max(1L << 24, 4L * l.Width * l.Height)) throw request.Broken(ImageFormat.Tiff, FormattableString.Invariant($"its strips or tiles of {l.BlockWidth} x {l.BlockHeight} pixels cover {padded:N0} pixels for a picture of {l.Width} x {l.Height}"));
        var blocks = (long)l.BlocksAcross * l.BlocksDown * (l.Planar ? l.Samples : 1);
        if (l.Offsets.Length < blocks || (l.Planar && l.Offsets.Length > blocks) || (l.Counts.Length < blocks && l.Counts.Length != 0 && l.Compression != 1)) throw request.Broken(ImageFormat.Tiff, $"it names {l.Offsets.Length} places and {l.Counts.Length} lengths of {blocks} strips or tiles");
        if (l.Counts.Length == 0 && blocks > 1 && l.Compression != 1) throw request.Broken(ImageFormat.Tiff, "it does not say how long its strips are");
        var packed = 0L;
        for (var i = 0; i < blocks; i++)
        {
            var count = l.Counts.Length == 0 || l.Compression == 1 ? 0 : l.Counts[i];
            if (l.Offsets[i] + (long)count > fileLength || l.Offsets[i] == 0) throw request.Truncated(ImageFormat.Tiff);
            packed += count;
        }
        // The same bytes may serve several blocks; but the work must not grow with the square of the file.
        if (packed > 64L * fileLength) throw request.Broken(ImageFormat.Tiff, FormattableString.Invariant($"its strips or tiles claim {packed:N0} bytes, the file has {fileLength:N0}"));
        // The densest coding, deflate, makes at most 1032 bytes of one; a file that claims more is not worth the memory.
        if (l.Simple && l.BlockStride * l.BlockHeight > 4096L * fileLength) throw request.Truncated(ImageFormat.Tiff);
    }

    /// <summary>The colour map: all reds, all greens, all blues, 16 bit each.</summary>
    private static byte[] Palette(TiffDirectory directory, TiffLayout l, DecodeRequest request)
    {
        var (map, n) = (directory.Values(320), 1 << l.Bits);
        if (map.Length < 3 * n) throw request.Broken(ImageFormat.Tiff, $"its colour map has {map.Length} values instead of {3 * n}");
        var r = new byte[1024];
        for (var i = 0; i < 256; i++) r[(4 * i) + 3] = 255;
        for (var i = 0; i < n; i++)
            for (var c = 0; c < 3; c++) r[(4 * i) + c] = (byte)(map[(c * n) + i] >> 8);
        return r;
    }
}
