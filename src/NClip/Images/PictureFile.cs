namespace NClip.Images;

/// <summary>Which files a folder is searched for. What a file is, its bytes say; one that is named itself is read whatever its name says.</summary>
public static class PictureFile
{
    private static readonly HashSet<string> _extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif", ".avif",
    };

    /// <summary>Extensions of pictures, with their point.</summary>
    public static IReadOnlyCollection<string> Extensions => _extensions;

    /// <summary>Whether a name ends as a picture's.</summary>
    public static bool HasExtension(string name) => _extensions.Contains(Path.GetExtension(name));
}
