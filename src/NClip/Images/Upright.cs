using System.Runtime.InteropServices;

namespace NClip.Images;

/// <summary>Applies the EXIF orientation (EXIF 2.32, tag 0x0112).</summary>
internal static class Upright
{
    private const int Tile = 32;    // a tile of both pictures fits the first-level cache

    /// <summary>The picture turned upright; the given one is disposed.</summary>
    public static Picture Of(PixelRows rows) => rows.Orientation >= 5 ? Of(rows, rows.FullHeight, rows.FullWidth) : Of(rows, rows.FullWidth, rows.FullHeight);

    /// <summary>The same, fitted as if it had the given size.</summary>
    public static Picture Of(PixelRows rows, int fullWidth, int fullHeight)
    {
        using var whole = Picture.Whole(rows);
        var turned = rows.Orientation >= 5;
        var r = new Picture(turned ? whole.Height : whole.Width, turned ? whole.Width : whole.Height, whole.Mode)
        {
            Palette = whole.Palette,
            FullWidth = fullWidth,
            FullHeight = fullHeight,
        };
        switch (PixelRows.BytesPerPixel(whole.Mode))
        {
            case 4: Turn<uint>(whole, r, rows.Orientation); break;
            case 2: Turn<ushort>(whole, r, rows.Orientation); break;
            default: Turn<byte>(whole, r, rows.Orientation); break;
        }
        return r;
    }

    private static void Turn<T>(Picture source, Picture target, int orientation)
        where T : unmanaged
    {
        var from = MemoryMarshal.Cast<byte, T>(source.Pixels);
        var to = MemoryMarshal.Cast<byte, T>(target.Pixels);
        var (w, h) = (source.Width, source.Height);
        // Position of the stored pixel (x, y) in the upright picture: origin + x * alongX + y * alongY.
        var (origin, alongX, alongY) = orientation switch
        {
            2 => (w - 1, -1, w),
            3 => ((w * h) - 1, -1, -w),
            4 => (w * (h - 1), 1, -w),
            5 => (0, h, 1),
            6 => (h - 1, h, -1),
            7 => ((w * h) - 1, -h, -1),
            8 => (h * (w - 1), -h, 1),
            _ => (0, 1, w),
        };
        for (var y0 = 0; y0 < h; y0 += Tile)
            for (var x0 = 0; x0 < w; x0 += Tile)
                for (var y = y0; y < Math.Min(h, y0 + Tile); y++)
                    for (var x = x0; x < Math.Min(w, x0 + Tile); x++)
                        to[origin + (x * alongX) + (y * alongY)] = from[(y * w) + x];
    }
}
