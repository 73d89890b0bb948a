using MetadataExtractor;
using MetadataExtractor.Formats.Exif;

namespace NClip.Search.Indexing;

/// <summary>What a picture file says of itself, from its headers; nothing is decoded.</summary>
internal static class ExifReader
{
    private static readonly string[] _dates = ["yyyy:MM:dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss"];

    /// <summary>Reads it. A file whose headers make no sense says nothing: whether it is a picture, its decoder finds.</summary>
    public static PictureFacts Read(Stream file)
    {
        try
        {
            return Of(ImageMetadataReader.ReadMetadata(file));
        }
        catch (Exception e) when (e is not OperationCanceledException) // of whatever kind: a damaged header meets code of many formats
        {
            return new PictureFacts();
        }
    }

    private static PictureFacts Of(IReadOnlyList<MetadataExtractor.Directory> directories)
    {
        var (width, height) = Size(directories);
        var main = directories.OfType<ExifIfd0Directory>().FirstOrDefault();
        var detail = directories.OfType<ExifSubIfdDirectory>().FirstOrDefault();
        var place = directories.OfType<GpsDirectory>().Select(g => g.GetGeoLocation()).FirstOrDefault(l => l is { IsZero: false });
        var orientation = main is not null && main.TryGetInt32(ExifDirectoryBase.TagOrientation, out var o) && o is >= 1 and <= 8 ? o : 1;
        return new PictureFacts(width, height, Taken(detail, main), Camera(main), place?.Latitude, place?.Longitude, orientation);
    }

    private static (int? Width, int? Height) Size(IReadOnlyList<MetadataExtractor.Directory> directories)
    {
        foreach (var d in directories)
        {
            var (w, h) = d switch
            {
                MetadataExtractor.Formats.Jpeg.JpegDirectory => (3, 1),
                MetadataExtractor.Formats.Png.PngDirectory => (1, 2),
                MetadataExtractor.Formats.Gif.GifHeaderDirectory => (2, 3),
                MetadataExtractor.Formats.WebP.WebPDirectory => (2, 1),
                MetadataExtractor.Formats.Bmp.BmpHeaderDirectory => (2, 1),
                MetadataExtractor.Formats.Heif.HeicImagePropertiesDirectory => (1, 2),
                ExifIfd0Directory => (ExifDirectoryBase.TagImageWidth, ExifDirectoryBase.TagImageHeight),
                _ => (-1, -1),
            };
            if (w >= 0 && d.TryGetInt32(w, out var width) && d.TryGetInt32(h, out var height) && width > 0 && height > 0) return (width, height);
        }
        return (null, null);
    }

    private static DateTime? Taken(ExifSubIfdDirectory? detail, ExifIfd0Directory? main)
    {
        foreach (var text in (string?[])[detail?.GetString(ExifDirectoryBase.TagDateTimeOriginal), detail?.GetString(ExifDirectoryBase.TagDateTimeDigitized), main?.GetString(ExifDirectoryBase.TagDateTime)])
            if (DateTime.TryParseExact(text?.Trim(), _dates, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out var time)) return time;
        return null;
    }

    // Makers often repeat their name in the model's.
    private static string? Camera(ExifIfd0Directory? main)
    {
        var (maker, model) = (main?.GetString(ExifDirectoryBase.TagMake)?.Trim('\0', ' '), main?.GetString(ExifDirectoryBase.TagModel)?.Trim('\0', ' '));
        var camera = model is { Length: > 0 } && maker is { Length: > 0 } && !model.StartsWith(maker, StringComparison.OrdinalIgnoreCase) ? $"{maker} {model}" : model is { Length: > 0 } ? model : maker;
        return camera is { Length: > 0 } ? camera : null;
    }
}
