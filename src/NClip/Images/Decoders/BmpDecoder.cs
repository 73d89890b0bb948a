using System.Buffers.Binary;
using System.Numerics;

namespace NClip.Images.Decoders;

/// <summary>Windows bitmaps: 1, 4, 8, 16, 24, 32 bit, run-length coded or with bit masks.</summary>
internal static class BmpDecoder
{
    /// <exception cref="ImageException">Cut off, broken, too large, or of a kind that is not read.</exception>
    public static Picture Open(ReadOnlySpan<byte> b, DecodeRequest request)
    {
        if (b.Length < 26) throw request.Truncated(ImageFormat.Bmp);
        var pixelsAt = BinaryPrimitives.ReadUInt32LittleEndian(b[10..]);
        var headerSize = BinaryPrimitives.ReadUInt32LittleEndian(b[14..]);
        var old = headerSize == 12;
        if (!old && headerSize is < 40 or > 1024) throw request.Broken(ImageFormat.Bmp, $"its header claims {headerSize} bytes");
        if (b.Length < 14 + headerSize) throw request.Truncated(ImageFormat.Bmp);
        long width = old ? U16(b[18..]) : BinaryPrimitives.ReadInt32LittleEndian(b[18..]);
        long height = old ? U16(b[20..]) : BinaryPrimitives.ReadInt32LittleEndian(b[22..]);
        var (bits, compression) = old ? (U16(b[24..]), 0u) : (U16(b[28..]), BinaryPrimitives.ReadUInt32LittleEndian(b[30..]));
        request.CheckSize(width, Math.Abs(height));
        if (bits is not (1 or 4 or 8 or 16 or 24 or 32) || compression > 3 || (compression == 1 && bits != 8) || (compression == 2 && bits != 4) || (compression == 3 && bits < 16))
            throw request.Error($"BMP with {bits} bits a pixel and compression {compression} is not supported. Convert it to PNG or JPEG.");
        // An offset to the end of the header means: behind the palette, which stands there.
        if (pixelsAt == 14 + headerSize && bits <= 8) pixelsAt += (uint)(PaletteEntry(headerSize) * PaletteCount(b, headerSize, bits));
        if (pixelsAt > b.Length) throw request.Truncated(ImageFormat.Bmp);
        var palette = bits > 8 ? null : ReadPalette(b, (int)headerSize, bits, request);
        var stride = (((width * bits) + 31) / 32) * 4;    // of the last row the padding may be missing
        if (compression is 0 or 3 && b.Length - pixelsAt < (stride * (Math.Abs(height) - 1)) + (((width * bits) + 7) / 8)) throw request.Truncated(ImageFormat.Bmp);
        var masks = ReadMasks(b, (int)headerSize, bits, compression);
        var mode = ModeOf(bits, palette, masks[3]);
        request.CheckPicture(width, Math.Abs(height), mode);
        var picture = new Picture((int)width, (int)Math.Abs(height), mode) { Palette = palette };
        try
        {
            var data = b[(int)pixelsAt..];
            if (compression is 1 or 2) BmpRunLength.Read(data, bits, height < 0, picture, request);
            else
            {
                for (var y = 0; y < picture.Height; y++)
                    ReadRow(data[(int)(stride * (height > 0 ? picture.Height - 1 - y : y))..], bits, masks, picture.WritableRow(y), picture.Mode);
            }
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    /// <summary>A palette of 0 and 255, or of all grey levels in order, is none.</summary>
    private static PixelMode ModeOf(int bits, byte[]? palette, uint alphaMask)
    {
        if (bits > 8) return alphaMask != 0 ? PixelMode.Rgba : PixelMode.Rgb;
        var grey = bits is 1 or 8;
        for (var i = 0; grey && i < 1 << bits; i++)
        {
            var level = bits == 1 ? 255 * i : i;
            grey = palette![4 * i] == level && palette[(4 * i) + 1] == level && palette[(4 * i) + 2] == level;
        }
        return !grey ? PixelMode.Palette : bits == 1 ? PixelMode.Bilevel : PixelMode.Grey;
    }

    private static byte[] ReadPalette(ReadOnlySpan<byte> b, int headerSize, int bits, DecodeRequest request)
    {
        var (entry, count) = (PaletteEntry(headerSize), PaletteCount(b, headerSize, bits));
        var at = 14 + headerSize;
        if (b.Length < at + (entry * count)) throw request.Truncated(ImageFormat.Bmp);
        var r = new byte[1024];
        for (var i = 0; i < 256; i++, at += entry)
        {
            r[(4 * i) + 3] = 255;
            if (i < count) (r[4 * i], r[(4 * i) + 1], r[(4 * i) + 2]) = (b[at + 2], b[at + 1], b[at]);
        }
        return r;
    }

    private static int PaletteEntry(long headerSize) => headerSize == 12 ? 3 : 4;

    private static int PaletteCount(ReadOnlySpan<byte> b, long headerSize, int bits)
    {
        var count = headerSize == 12 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(b[46..]);
        return count <= 0 || count > 1 << bits ? 1 << bits : count;
    }

    /// <summary>Bits of R, G, B and alpha in a pixel of 16 or 32 bits.</summary>
    private static uint[] ReadMasks(ReadOnlySpan<byte> b, int headerSize, int bits, uint compression)
    {
        if (compression != 3) return bits == 16 ? [0x7C00, 0x3E0, 0x1F, 0] : [0xFF0000, 0xFF00, 0xFF, 0];
        var r = new uint[4];
        for (var i = 0; i < (headerSize >= 56 ? 4 : 3); i++)
            if (b.Length >= 58 + (4 * i)) r[i] = BinaryPrimitives.ReadUInt32LittleEndian(b[(54 + (4 * i))..]);
        return r;
    }

    private static void ReadRow(ReadOnlySpan<byte> from, int bits, uint[] masks, Span<byte> to, PixelMode mode)
    {
        if (bits <= 8)
        {
            var scale = mode == PixelMode.Bilevel ? 255 : 1;
            for (var x = 0; x < to.Length; x++)
                to[x] = (byte)(scale * ((from[x * bits / 8] >> (8 - bits - (x * bits % 8))) & ((1 << bits) - 1)));
            return;
        }
        if (bits == 24)
        {
            for (int i = 0, o = 0; o < to.Length; i += 3, o += 4)
                (to[o], to[o + 1], to[o + 2], to[o + 3]) = (from[i + 2], from[i + 1], from[i], 255);
            return;
        }
        for (int i = 0, o = 0; o < to.Length; i += bits / 8, o += 4)
        {
            var v = bits == 16 ? BinaryPrimitives.ReadUInt16LittleEndian(from[i..]) : BinaryPrimitives.ReadUInt32LittleEndian(from[i..]);
            for (var c = 0; c < 4; c++) to[o + c] = masks[c] == 0 ? (byte)(c == 3 ? 255 : 0) : Level(v, masks[c]);
        }
    }

    private static byte Level(uint v, uint mask)
    {
        var shift = BitOperations.TrailingZeroCount(mask);
        return (byte)(255ul * ((v & mask) >> shift) / (mask >> shift));
    }

    private static int U16(ReadOnlySpan<byte> b) => BinaryPrimitives.ReadUInt16LittleEndian(b);
}
