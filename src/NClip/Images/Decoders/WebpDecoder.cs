using System.Buffers.Binary;

namespace NClip.Images.Decoders;

/// <summary>WebP through Skia (libwebp): lossy, lossless, with alpha; the first frame of an animation.</summary>
internal static class WebpDecoder
{
    /// <exception cref="ImageException">Cut off, broken or too large.</exception>
    public static Picture Open(ReadOnlyMemory<byte> file, DecodeRequest request)
    {
        var size = BinaryPrimitives.ReadUInt32LittleEndian(file.Span[4..]);
        if (size + 8L > file.Length) throw request.Truncated(ImageFormat.WebP);
        using var codec = new SkiaCodec(file, ImageFormat.WebP, request);
        var (width, height, mode) = codec.Output;
        request.CheckBytes(2L * width * height * PixelRows.BytesPerPixel(mode));    // libwebp keeps lossless pixels, too
        var picture = new Picture(width, height, mode) { Orientation = request.Policy == ImagePolicy.Natural ? Orientation(file.Span) : 1 };
        try
        {
            codec.ReadAll(picture);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    /// <summary>From the EXIF chunk of the RIFF container.</summary>
    private static int Orientation(ReadOnlySpan<byte> b)
    {
        for (long at = 12; at + 8 <= b.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(b[(int)(at + 4)..]);
            if (at + 8 + length > b.Length) return 1;
            if (b[(int)at..].StartsWith("EXIF"u8)) return Exif.Orientation(b.Slice((int)at + 8, (int)length));
            at += 8 + length + (length & 1);
        }
        return 1;
    }
}
