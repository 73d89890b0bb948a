using System.Buffers;
using System.IO.Compression;

namespace NClip.Images.Decoders.Png;

/// <summary>PNG: every colour type and depth, interlaced or not. Our own, so that palette indices, 1-bit and 16-bit pixels stay what they are and checksums count.</summary>
internal static class PngDecoder
{
    /// <exception cref="ImageException">Cut off, broken or too large.</exception>
    public static Picture Open(ReadOnlyMemory<byte> file, DecodeRequest request)
    {
        var header = new PngHeader(file, request);
        var raw = (long)header.Height * (((long)header.Width * header.Channels * header.Depth / 8) + 1);
        var packed = header.Data.Sum(d => (long)d.Length);
        if (packed * MaxDeflateRatio < raw / 2) throw request.Truncated(ImageFormat.Png);
        var natural = request.Policy == ImagePolicy.Natural;
        var mode = ModeOf(header, natural);
        var orientation = natural ? Exif.Orientation(header.Exif.Span) : 1;
        request.CheckPicture(header.Width, header.Height, mode, orientation);
        var picture = new Picture(header.Width, header.Height, mode) { Palette = header.Palette, Orientation = orientation };
        try
        {
            using var stream = new ZLibStream(new SegmentStream(header.Data), CompressionMode.Decompress);
            var scan = new PngScan(header, stream, request);
            if (!header.Interlaced) ReadRows(scan, picture);
            else ReadInterlaced(scan, picture);
        }
        catch (InvalidDataException e)
        {
            picture.Dispose();
            throw request.Broken(ImageFormat.Png, "its compressed pixels are damaged", e);
        }
        catch
        {
            picture.Dispose();
            throw;
        }
        return natural ? IccProfile.ToSrgb(picture, Profile(header)) : picture;
    }

    private static PixelMode ModeOf(PngHeader h, bool natural) => h.ColourType switch
    {
        _ when natural && h.ColourKey is not null => PixelMode.Rgba,
        0 => h.Depth == 1 ? PixelMode.Bilevel : h.Depth == 16 ? PixelMode.Grey16 : PixelMode.Grey,
        2 => PixelMode.Rgb,
        3 => PixelMode.Palette,
        _ => PixelMode.Rgba,
    };

    private static void ReadRows(PngScan scan, Picture picture)
    {
        scan.Begin(picture.Width);
        for (var y = 0; y < picture.Height; y++) scan.NextRow(picture.Mode, picture.WritableRow(y));
    }

    /// <summary>Adam7: seven pictures, each a grid of the whole.</summary>
    private static void ReadInterlaced(PngScan scan, Picture picture)
    {
        var bytes = PixelRows.BytesPerPixel(picture.Mode);
        var row = new byte[picture.RowBytes];
        ReadOnlySpan<(int X, int Y, int StepX, int StepY)> passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        foreach (var p in passes)
        {
            var width = (picture.Width - p.X + p.StepX - 1) / p.StepX;
            if (width <= 0) continue;
            scan.Begin(width);
            for (var y = p.Y; y < picture.Height; y += p.StepY)
            {
                scan.NextRow(picture.Mode, row.AsSpan(0, width * bytes));
                var to = picture.WritableRow(y);
                for (var x = 0; x < width; x++) row.AsSpan(x * bytes, bytes).CopyTo(to[((p.X + (x * p.StepX)) * bytes)..]);
            }
        }
    }

    private static byte[] Profile(PngHeader header)
    {
        if (header.CompressedProfile.IsEmpty) return [];
        var buffer = ArrayPool<byte>.Shared.Rent(IccProfile.MaxBytes);
        try
        {
            using var stream = new ZLibStream(new SegmentStream([header.CompressedProfile]), CompressionMode.Decompress);
            return buffer[..stream.ReadAtLeast(buffer, IccProfile.MaxBytes, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return [];    // a broken profile is no reason to refuse the pixels
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private const int MaxDeflateRatio = 1040;
}
