using NClip.Data;
using NClip.Foundation;
using NClip.Images;
using SkiaSharp;

namespace NClip.Training.Measuring;

/// <summary>Pictures of a source as data URIs of a few kilobytes.</summary>
internal static class Thumbnails
{
    private const int Side = 112, Quality = 78;

    /// <summary>Reads a source until it has met all that are wanted; what cannot be read is left out.</summary>
    /// <param name="source">The data.</param>
    /// <param name="wanted">Source, position and key of each to its number.</param>
    /// <param name="cancellation">Ends it.</param>
    public static IReadOnlyDictionary<int, string> Of(ISampleSource source, Dictionary<(string Source, int Position, string Key), int> wanted, CancellationToken cancellation)
    {
        var found = new Dictionary<int, string>();
        foreach (var sample in source.ReadAll(cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            if (wanted.Remove((sample.Source, sample.Position, sample.Key), out var number) && Of(sample) is { } small) found[number] = small;
            sample.Release();
            if (wanted.Count == 0) break;
        }
        return found;
    }

    private static string? Of(RawSample sample)
    {
        try
        {
            return sample.ImagePath is { } path ? Of(File.ReadAllBytes(path)) : Of(sample.Image);
        }
        catch (Exception e) when (e is ClipException || FileRefusal.Is(e))
        {
            return null; // a page without one of its pictures is still a page
        }
    }

    private static string Of(ReadOnlyMemory<byte> encoded)
    {
        using var picture = SourcePicture.Open(encoded);
        var scale = Math.Min(1, (double)Side / Math.Max(picture.Width, picture.Height));
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
        using var jpeg = bitmap.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return "data:image/jpeg;base64," + Convert.ToBase64String(jpeg.AsSpan());
    }
}
