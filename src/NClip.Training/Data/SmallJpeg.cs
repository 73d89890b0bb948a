using NClip.Data;
using NClip.Images;
using SkiaSharp;

namespace NClip.Training.Data;

/// <summary>A picture file as a smaller JPEG.</summary>
internal static class SmallJpeg
{
    /// <param name="encoded">The picture's file.</param>
    /// <param name="side">Pixels; a picture that has fewer keeps its size.</param>
    /// <param name="ofShort">The short side gets them; else the long one.</param>
    /// <param name="quality">Of the JPEG, 1..100.</param>
    /// <exception cref="ImageException">It is no picture that can be read.</exception>
    public static byte[] Of(ReadOnlyMemory<byte> encoded, int side, bool ofShort, int quality)
    {
        using var picture = SourcePicture.Open(encoded);
        var scale = Math.Min(1, (double)side / (ofShort ? Math.Min(picture.Width, picture.Height) : Math.Max(picture.Width, picture.Height)));
        var (width, height) = (Math.Max(1, (int)Math.Round(picture.Width * scale)), Math.Max(1, (int)Math.Round(picture.Height * scale)));
        var rgb = new byte[3 * width * height];
        picture.Cut(new PictureBox(0, 0, picture.Width, picture.Height), width, height, Interpolation.Bicubic, rgb);
        using var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var to = bitmap.GetPixelSpan();
        for (var i = 0; i < width * height; i++)
        {
            rgb.AsSpan(3 * i, 3).CopyTo(to[(4 * i)..]);
            to[(4 * i) + 3] = byte.MaxValue;
        }
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality);
        return jpeg.ToArray();
    }
}
