using System.Buffers;
using SkiaSharp;

namespace NClip.Images;

/// <summary>Colours of an embedded ICC profile -> sRGB, through Skia's colour management. A profile that is sRGB, broken, or of no use to Skia (lookup tables, CMYK) changes nothing.</summary>
internal static class IccProfile
{
    /// <summary>Longest profile that is read.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>The picture in sRGB: itself, or another, and then the given one is disposed. 16-bit and CMYK pictures stay as they are.</summary>
    public static unsafe Picture ToSrgb(Picture picture, ReadOnlySpan<byte> profile)
    {
        if (profile.Length < 128 || picture.Mode is PixelMode.Grey16 or PixelMode.Grey16Raw or PixelMode.Cmyk or PixelMode.Bilevel) return picture;
        using var parsed = SKColorSpaceIccProfile.Create(profile);
        using var space = parsed is null ? null : SKColorSpace.CreateIcc(parsed);
        if (space is null || space.IsSrgb) return picture;
        using var srgb = SKColorSpace.CreateSrgb();
        if (picture.Palette is { } palette)
        {
            fixed (byte* p = palette) Convert(p, 256, 1, SKAlphaType.Unpremul, space, srgb);
            return picture;
        }
        var rgb = picture.Mode == PixelMode.Grey ? Replicated(picture) : picture;
        fixed (byte* p = rgb.Pixels)
            for (var y = 0; y < rgb.Height; y += Rows)
                Convert(p + ((long)y * rgb.RowBytes), rgb.Width, Math.Min(Rows, rgb.Height - y), rgb.Mode == PixelMode.Rgba ? SKAlphaType.Unpremul : SKAlphaType.Opaque, space, srgb);
        return rgb;
    }

    private static unsafe void Convert(byte* pixels, int width, int height, SKAlphaType alpha, SKColorSpace from, SKColorSpace to)
    {
        var copy = ArrayPool<byte>.Shared.Rent(4 * width * height);
        try
        {
            new ReadOnlySpan<byte>(pixels, 4 * width * height).CopyTo(copy);
            fixed (byte* source = copy)
            {
                using var map = new SKPixmap(new SKImageInfo(width, height, SKColorType.Rgba8888, alpha, from), (IntPtr)source, 4 * width);
                map.ReadPixels(new SKImageInfo(width, height, SKColorType.Rgba8888, alpha, to), (IntPtr)pixels, 4 * width);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private static Picture Replicated(Picture grey)
    {
        var r = new Picture(grey.Width, grey.Height, PixelMode.Rgb) { Orientation = grey.Orientation };
        var from = grey.Pixels;
        var to = r.Pixels;
        for (int i = 0, o = 0; i < from.Length; i++, o += 4) (to[o], to[o + 1], to[o + 2], to[o + 3]) = (from[i], from[i], from[i], 255);
        grey.Dispose();
        return r;
    }

    private const int Rows = 64;
}
