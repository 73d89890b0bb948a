using System.Runtime.InteropServices;

namespace NClip.Images;

/// <summary>A picture as a person sees it, RGB or grey: upright, colours as sRGB, transparency over white, the high byte of 16 bit.</summary>
internal static class NaturalView
{
    public static PixelRows Of(PixelRows rows)
    {
        var seen = Colours(rows);
        return seen.Orientation == 1 ? seen : Upright.Of(seen);
    }

    private static PixelRows Colours(PixelRows rows)
    {
        if (rows.Mode == PixelMode.Palette)
            rows = new MappedRows(rows, rows.Palette.AsSpan().HasTransparency() ? PixelMode.Rgba : PixelMode.Rgb, static (source, from, to) => RgbConversion.LookUp(source.Palette!, from, to));
        return rows.Mode switch
        {
            PixelMode.Rgba => new MappedRows(rows, PixelMode.Rgb, static (_, from, to) => OverWhite(from, to)),
            PixelMode.Grey16 or PixelMode.Grey16Raw => new MappedRows(rows, PixelMode.Grey, static (_, from, to) => HighBytes(from, to)),
            _ => RgbConversion.Of(rows),
        };
    }

    private static bool HasTransparency(this Span<byte> palette)
    {
        for (var i = 3; i < palette.Length; i += 4)
            if (palette[i] != 255) return true;
        return false;
    }

    private static void OverWhite(ReadOnlySpan<byte> from, Span<byte> to)
    {
        for (var i = 0; i < from.Length; i += 4)
        {
            var a = from[i + 3];
            for (var c = i; c < i + 3; c++) to[c] = (byte)(255 - Resize.Premultiplication.MulDiv255(255 - from[c], a));
            to[i + 3] = 255;
        }
    }

    internal static void HighBytes(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var wide = MemoryMarshal.Cast<byte, ushort>(from);
        for (var x = 0; x < wide.Length; x++) to[x] = (byte)(wide[x] >> 8);
    }
}
