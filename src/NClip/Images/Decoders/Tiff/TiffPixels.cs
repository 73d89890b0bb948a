using System.Runtime.InteropServices;

namespace NClip.Images.Decoders.Tiff;

/// <summary>The samples of a TIFF, decompressed and in the machine's byte order, as pixels of a mode.</summary>
internal static class TiffPixels
{
    public static void Unpack(ReadOnlySpan<byte> row, TiffLayout l, Picture picture, Span<byte> pixels)
    {
        switch (picture.Mode)
        {
            case PixelMode.Grey16Raw:
                var inverted = l.Photometric == 0 ? ushort.MaxValue : (ushort)0;
                var from = MemoryMarshal.Cast<byte, ushort>(row);
                var to = MemoryMarshal.Cast<byte, ushort>(pixels);
                for (var x = 0; x < to.Length; x++) to[x] = (ushort)(from[x] ^ inverted);
                break;
            case PixelMode.Grey32:
                UnpackWide(row, l, MemoryMarshal.Cast<byte, int>(pixels));
                break;
            case PixelMode.PaletteAlpha:
                for (var x = 0; x < pixels.Length; x++) pixels[x] = row[2 * x];
                break;
            case PixelMode.Bilevel or PixelMode.Grey or PixelMode.Palette:
                UnpackBits(row, l, pixels);
                break;
            case PixelMode.Rgba when l.Photometric == 3:
                for (int x = 0, o = 0; o < pixels.Length; x += 2, o += 4)
                {
                    picture.Palette.AsSpan(4 * row[x], 3).CopyTo(pixels[o..]);
                    pixels[o + 3] = row[x + 1];
                }
                break;
            case PixelMode.Rgba when l.Photometric <= 1:
                for (int x = 0, o = 0; o < pixels.Length; x += 2, o += 4)
                {
                    pixels[o] = pixels[o + 1] = pixels[o + 2] = (byte)(l.Photometric == 0 ? ~row[x] : row[x]);
                    pixels[o + 3] = row[x + 1];
                }
                break;
            default:
                UnpackColours(row, l, pixels, picture.Mode);
                break;
        }
        if (picture.Mode == PixelMode.Rgba && l.Alpha == TiffAlpha.Premultiplied) Straighten(pixels);
    }

    /// <summary>The picture that a person sees of 32-bit grey: of the four bytes the highest that is in use.</summary>
    public static Picture Seen(Picture picture)
    {
        if (picture.Mode != PixelMode.Grey32) return picture;
        using var wide = picture;
        var values = MemoryMarshal.Cast<byte, int>(wide.Pixels);
        var largest = 0;
        foreach (var v in values) largest = Math.Max(largest, v);
        var shift = largest < 1 << 8 ? 0 : largest < 1 << 16 ? 8 : largest < 1 << 24 ? 16 : 24;
        var r = new Picture(wide.Width, wide.Height, PixelMode.Grey) { Orientation = wide.Orientation };
        var pixels = r.Pixels;
        for (var i = 0; i < values.Length; i++) pixels[i] = (byte)(Math.Max(0, values[i]) >> shift);
        return r;
    }

    private static void UnpackBits(ReadOnlySpan<byte> row, TiffLayout l, Span<byte> pixels)
    {
        var inverted = l.Photometric == 0 ? (byte)255 : (byte)0;
        var step = l.Samples * l.Bits;
        var scale = l.Photometric == 3 ? 1 : 255 / ((1 << l.Bits) - 1);
        for (var x = 0; x < pixels.Length; x++)
            pixels[x] = (byte)((scale * ((row[x * step / 8] >> (8 - l.Bits - (x * step % 8))) & ((1 << l.Bits) - 1))) ^ inverted);
    }

    private static void UnpackWide(ReadOnlySpan<byte> row, TiffLayout l, Span<int> pixels)
    {
        if (l.Bits == 32)
        {
            MemoryMarshal.Cast<byte, int>(row)[..pixels.Length].CopyTo(pixels);
            return;
        }
        var narrow = MemoryMarshal.Cast<byte, short>(row);
        for (var x = 0; x < pixels.Length; x++) pixels[x] = narrow[x];
    }

    /// <summary>RGB or CMYK; of 16 bits the high byte.</summary>
    private static void UnpackColours(ReadOnlySpan<byte> row, TiffLayout l, Span<byte> pixels, PixelMode mode)
    {
        var step = l.Bits / 8;
        var high = step == 2 && BitConverter.IsLittleEndian ? 1 : 0;
        for (int i = high, o = 0; o < pixels.Length; i += l.Samples * step, o += 4)
        {
            for (var c = 0; c < 3; c++) pixels[o + c] = row[i + (c * step)];
            pixels[o + 3] = mode == PixelMode.Rgb ? (byte)255 : row[i + (3 * step)];
        }
    }

    /// <summary>Colours divided by alpha; what is all transparent has none.</summary>
    private static void Straighten(Span<byte> rgba)
    {
        Resize.Premultiplication.Undo(rgba);
        for (var i = 0; i < rgba.Length; i += 4)
            if (rgba[i + 3] == 0) rgba.Slice(i, 3).Clear();
    }
}
