using System.Buffers.Binary;

namespace NClip.Images.Decoders;

/// <summary>The first frame of a GIF (87a, 89a), as palette indices.</summary>
internal static class GifDecoder
{
    /// <exception cref="ImageException">Cut off, broken or too large.</exception>
    public static Picture Open(ReadOnlySpan<byte> b, DecodeRequest request)
    {
        if (b.Length < 13) throw request.Truncated(ImageFormat.Gif);
        var (width, height) = (U16(b[6..]), U16(b[8..]));
        request.CheckSize(width, height);
        var at = 13;
        var colours = Table(b, ref at, b[10], request);
        var transparent = -1;
        while (true)
        {
            if (at >= b.Length) throw request.Truncated(ImageFormat.Gif);
            switch (b[at++])
            {
                case 0x21:
                    if (at + 6 < b.Length && b[at] == 0xF9 && (b[at + 2] & 1) != 0) transparent = b[at + 5];
                    at++;
                    while (SubBlock(b, ref at, request).Length > 0)
                    {
                    }
                    break;
                case 0x2C:
                    return Frame(b, at, width, height, colours, transparent, request);
                case 0x3B:
                    throw request.Broken(ImageFormat.Gif, "it has no picture");
                case var kind:
                    throw request.Broken(ImageFormat.Gif, $"a block starts with 0x{kind:X2}, which is no kind of block");
            }
        }
    }

    private static Picture Frame(ReadOnlySpan<byte> b, int at, int width, int height, byte[]? colours, int transparent, DecodeRequest request)
    {
        if (b.Length - at < 9) throw request.Truncated(ImageFormat.Gif);
        var (left, top, w, h, flags) = (U16(b[at..]), U16(b[(at + 2)..]), U16(b[(at + 4)..]), U16(b[(at + 6)..]), b[at + 8]);
        at += 9;
        // A frame may reach over the screen's edge; the screen grows then.
        (width, height) = (Math.Max(width, left + w), Math.Max(height, top + h));
        request.CheckSize(width, height);
        colours = Table(b, ref at, flags, request) ?? colours;
        if (at >= b.Length) throw request.Truncated(ImageFormat.Gif);
        var bits = b[at++];
        if (bits is < 1 or > 11) throw request.Broken(ImageFormat.Gif, $"its codes start with {bits} bits; 2 to 8 are possible");
        if ((long)w * h > 4096L * 8 * (b.Length - at)) throw request.Truncated(ImageFormat.Gif);
        request.CheckPicture(width, height, PixelMode.Palette);
        var picture = new Picture(width, height, IsGrey(colours) ? PixelMode.Grey : PixelMode.Palette) { Palette = WithTransparency(colours, transparent) };
        try
        {
            picture.Pixels.Fill((byte)Math.Max(0, transparent));
            var lzw = new GifLzw(b, at, bits, request);
            var indices = new byte[w];
            foreach (var y in RowOrder(h, (flags & 0x40) != 0))
            {
                lzw.Read(indices);
                indices.CopyTo(picture.WritableRow(top + y)[left..]);
            }
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    private static IEnumerable<int> RowOrder(int height, bool interlaced)
    {
        foreach (var (first, step) in interlaced ? [(0, 8), (4, 8), (2, 4), (1, 2)] : new[] { (0, 1) })
            for (var y = first; y < height; y += step) yield return y;
    }

    private static byte[]? Table(ReadOnlySpan<byte> b, ref int at, byte flags, DecodeRequest request)
    {
        if ((flags & 0x80) == 0) return null;
        var bytes = 3 << ((flags & 7) + 1);
        if (b.Length - at < bytes) throw request.Truncated(ImageFormat.Gif);
        var r = new byte[1024];
        for (var i = 3; i < 1024; i += 4) r[i] = 255;
        RgbImageRows.Expand(b.Slice(at, bytes), r);
        at += bytes;
        return r;
    }

    /// <summary>A table that says i, i, i at every place is no palette: the indices are grey levels. So is no table at all.</summary>
    private static bool IsGrey(byte[]? colours)
    {
        if (colours is null) return true;
        for (var i = 0; i < 256; i++)
            if (colours[4 * i] != i || colours[(4 * i) + 1] != i || colours[(4 * i) + 2] != i) return false;
        return true;
    }

    private static byte[]? WithTransparency(byte[]? colours, int transparent)
    {
        if (colours is not null && transparent >= 0) colours[(4 * transparent) + 3] = 0;
        return colours;
    }

    /// <summary>The next sub-block's bytes; empty at the terminator.</summary>
    internal static ReadOnlySpan<byte> SubBlock(ReadOnlySpan<byte> b, scoped ref int at, DecodeRequest request)
    {
        if (at >= b.Length || b.Length - at - 1 < b[at]) throw request.Truncated(ImageFormat.Gif);
        var r = b.Slice(at + 1, b[at]);
        at += 1 + r.Length;
        return r;
    }

    private static int U16(ReadOnlySpan<byte> b) => BinaryPrimitives.ReadUInt16LittleEndian(b);
}
