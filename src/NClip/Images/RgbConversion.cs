using System.Numerics;
using System.Runtime.InteropServices;
using NClip.Images.Resize;

namespace NClip.Images;

/// <summary>Any mode -> RGB as Pillow's <c>convert("RGB")</c> does it: alpha dropped, palette looked up, CMYK without a profile, 16- and 32-bit grey clipped to 0..255.</summary>
internal static class RgbConversion
{
    /// <summary>The picture as RGB or grey; itself where it is that already.</summary>
    public static PixelRows Of(PixelRows rows) => rows.Mode switch
    {
        PixelMode.Rgb or PixelMode.Grey => rows,
        PixelMode.Bilevel => new MappedRows(rows, PixelMode.Grey, static (_, from, to) => from.CopyTo(to)),
        PixelMode.Rgba => new MappedRows(rows, PixelMode.Rgb, static (_, from, to) => from.CopyTo(to)),
        PixelMode.Palette or PixelMode.PaletteAlpha => new MappedRows(rows, PixelMode.Rgb, static (source, from, to) => LookUp(source.Palette!, from, to)),
        PixelMode.Cmyk => new MappedRows(rows, PixelMode.Rgb, static (_, from, to) => FromCmyk(from, to)),
        PixelMode.Grey32 => new MappedRows(rows, PixelMode.Grey, static (_, from, to) => Clip<int>(from, to)),
        _ => new MappedRows(rows, PixelMode.Grey, static (_, from, to) => Clip<ushort>(from, to)),
    };

    /// <summary>A row of RGB or grey -> R G B, three bytes a pixel.</summary>
    public static void PackRow(PixelRows rows, int y, Span<byte> rgb)
    {
        var row = rows.Row(y);
        var (step, second, third) = rows.Mode == PixelMode.Rgb ? (4, 1, 2) : (1, 0, 0);
        for (int x = 0, o = 0; o < rgb.Length; x += step, o += 3)
            (rgb[o], rgb[o + 1], rgb[o + 2]) = (row[x], row[x + second], row[x + third]);
    }

    public static void LookUp(byte[] palette, ReadOnlySpan<byte> from, Span<byte> to)
    {
        for (var x = 0; x < from.Length; x++) palette.AsSpan(4 * from[x], 4).CopyTo(to[(4 * x)..]);
    }

    public static void FromCmyk(ReadOnlySpan<byte> from, Span<byte> to)
    {
        for (var i = 0; i < from.Length; i += 4)
        {
            var white = 255 - from[i + 3];
            for (var c = i; c < i + 3; c++) to[c] = (byte)Math.Max(0, white - Premultiplication.MulDiv255(from[c], white));
            to[i + 3] = 255;
        }
    }

    private static void Clip<T>(ReadOnlySpan<byte> from, Span<byte> to)
        where T : unmanaged, IBinaryInteger<T>
    {
        var wide = MemoryMarshal.Cast<byte, T>(from);
        for (var x = 0; x < wide.Length; x++) to[x] = byte.CreateSaturating(wide[x]);
    }
}
