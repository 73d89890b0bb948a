using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NClip.Foundation;
using NClip.Images;
using NClip.Search;
using SkiaSharp;

namespace NClip.Server.Galleries;

/// <summary>Small copies of pictures, as JPEG: decoded and resized as everywhere here, kept in the user's cache folder, of which the oldest make room. A picture that changed has another copy.</summary>
internal sealed class Thumbnails(PictureStore files, ServerOptions options)
{
    private const int Quality = 82;
    private const int Look = 256; // written files between two looks at how much there is

    private static readonly float[] _zeros = [0, 0, 0], _ones = [1, 1, 1];

    private readonly string _folder = options.CacheFolder ?? Path.Combine(UserFolders.Cache(Environment.GetEnvironmentVariable), "nclip", "thumbnails");
    private int _written = -1;

    /// <summary>Sides that there are.</summary>
    public static IReadOnlyList<int> Sides { get; } = [320, 1280];

    /// <summary>A copy as JPEG, and its mark (ETag), which changes when the file does.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="side">Its longer side, one of <see cref="Sides"/>.</param>
    /// <param name="known">The mark that the client has; where it is the same, no bytes are given.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ClipException">The picture is gone, or cannot be read.</exception>
    public async Task<(string Mark, byte[]? Jpeg)> GetAsync(GalleryPicture picture, int side, string? known, CancellationToken cancellation)
    {
        var file = files.Open(picture);
        await using (file.ConfigureAwait(false))
        {
            var state = string.Create(CultureInfo.InvariantCulture, $"1\n{side}\n{file.Length}\n{File.GetLastWriteTimeUtc(file.SafeFileHandle).Ticks}\n{picture.File}");
            var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state))[..16]);
            if (mark == known) return (mark, null);
            var path = Path.Combine(_folder, mark[..2], $"{mark}.jpg");
            if (Kept(path) is { } kept) return (mark, kept);
            var jpeg = await Task.Run(() => Make(file, picture, side), cancellation).ConfigureAwait(false);
            Keep(path, jpeg);
            return (mark, jpeg);
        }
    }

    private static byte[] Make(FileStream file, GalleryPicture picture, int side)
    {
        var (w, h) = PictureSizes.Upright(picture.Facts) is { } size ? PictureSizes.Within(size, side) : (side, side);
        var mode = picture.Facts.Width is null ? ResizeMode.Shortest : ResizeMode.Squash;
        var pipeline = new ImagePipeline(new PreprocessSpec(w, h, _zeros, _ones, mode), ImagePolicy.Natural, new ImageOptions(FastJpeg: true, LimitImageMagick: true));
        using var encoded = new MemoryStream();
        file.CopyTo(encoded);
        return Encode(pipeline.ProcessToBytes(encoded.GetBuffer().AsMemory(0, (int)encoded.Length), "this picture"), w, h);
    }

    private static byte[] Encode(byte[] rgb, int width, int height)
    {
        var rgba = new byte[width * height * 4];
        for (int from = 0, to = 0; from < rgb.Length; from += 3, to += 4) (rgba[to], rgba[to + 1], rgba[to + 2], rgba[to + 3]) = (rgb[from], rgb[from + 1], rgb[from + 2], 255);
        using var image = SKImage.FromPixelCopy(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque), rgba);
        using var jpeg = image.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return jpeg.ToArray();
    }

    private static byte[]? Kept(string path)
    {
        try { return File.ReadAllBytes(path) is { Length: > 4 } bytes && bytes is [0xFF, 0xD8, .., 0xFF, 0xD9] ? bytes : null; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }

    // A cache that cannot be written is done without.
    private void Keep(string path, byte[] jpeg)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var making = $"{path}.{Guid.NewGuid():N}.part";
            File.WriteAllBytes(making, jpeg);
            File.Move(making, path, overwrite: true);
            if (Interlocked.Increment(ref _written) % Look == 0) Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* see above */ }
    }

    private void Trim()
    {
        var all = new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(f => f.LastWriteTimeUtc).ToArray();
        var over = all.Sum(f => f.Length) - (options.ThumbnailMegabytes * 1_000_000L);
        foreach (var f in all)
        {
            if (over <= 0) return;
            over -= f.Length;
            f.Delete();
        }
    }
}
