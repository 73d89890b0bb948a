using NClip.Search;

namespace NClip.Server.Galleries;

/// <summary>Sizes of pictures as a person sees them.</summary>
internal static class PictureSizes
{
    /// <summary>Width and height, upright; null where the file does not say.</summary>
    public static (int Width, int Height)? Upright(PictureFacts facts)
        => facts is not { Width: > 0 and var w, Height: > 0 and var h } ? null : facts.Orientation >= 5 ? (h, w) : (w, h);

    /// <summary>The size within a square, never larger than the picture.</summary>
    public static (int Width, int Height) Within((int Width, int Height) size, int side)
    {
        var scale = Math.Min(1.0, (double)side / Math.Max(size.Width, size.Height));
        return (Math.Max(1, (int)Math.Round(size.Width * scale)), Math.Max(1, (int)Math.Round(size.Height * scale)));
    }
}
