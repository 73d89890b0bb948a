using ImageMagick;

namespace NClip.Images.Decoders;

/// <summary>What only ImageMagick reads: HEIC, AVIF, JPEG 2000, JPEG XL, unusual TIFFs, and the ink values of CMYK JPEGs. Its native library is loaded when the first such file is met.</summary>
internal static class MagickDecoder
{
    private static readonly Lazy<bool> Limits = new(SetLimits);

    /// <summary>The first picture of the file, of a format that the caller has recognised: ImageMagick never guesses one.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="format">JPEG, TIFF, HEIC, AVIF, JP2 or JXL.</param>
    /// <param name="request">Limits and policy.</param>
    /// <param name="mode">What the pixels are, where the file's header has told it.</param>
    /// <param name="orientation">EXIF orientation, where it is not already applied.</param>
    /// <exception cref="ImageException">Cut off, broken, too large or not supported by this build of ImageMagick.</exception>
    public static Picture Open(ReadOnlyMemory<byte> file, string format, DecodeRequest request, PixelMode? mode = null, int orientation = 1)
    {
        try
        {
            _ = Limits.Value;
            var settings = new MagickReadSettings { Format = FormatOf(format), FrameIndex = 0, FrameCount = 1 };
            var header = new MagickImageInfo();
            header.Read(file.Span, settings);
            request.CheckSize(header.Width, header.Height);
            using var image = new MagickImage();
            var complaints = new List<string>();
            image.Warning += (_, e) => complaints.Add(e.Message);
            image.Read(file.Span, settings);
            request.CheckSize(image.Width, image.Height);
            if (complaints.Find(IsLoss) is { } loss) throw request.Broken(format, loss);
            return ToPicture(image, mode, orientation, request);
        }
        catch (MagickException e)
        {
            throw request.Error($"this {format} file cannot be read: {Reason(e)}. Get an intact copy, or convert it to PNG or JPEG.", e);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            throw request.Error($"{format} needs ImageMagick's native library, which does not load here ({e.GetBaseException().Message}). Convert the file to PNG or JPEG.", e);
        }
    }

    private static Picture ToPicture(MagickImage image, PixelMode? mode, int orientation, DecodeRequest request)
    {
        var natural = request.Policy == ImagePolicy.Natural;
        if (natural && image.GetColorProfile() is not null) image.TransformColorSpace(ColorProfiles.SRGB);
        var inks = image.ColorSpace == ColorSpace.CMYK;
        if (!inks && image.ColorSpace is not (ColorSpace.sRGB or ColorSpace.Gray)) image.ColorSpace = ColorSpace.sRGB;
        var result = mode ?? (inks ? PixelMode.Cmyk : image.HasAlpha ? PixelMode.Rgba : image.ColorSpace == ColorSpace.Gray ? PixelMode.Grey : PixelMode.Rgb);
        var picture = new Picture((int)image.Width, (int)image.Height, result) { Orientation = orientation };
        using var pixels = image.GetPixelsUnsafe();
        for (var y = 0; y < picture.Height; y++)
        {
            var row = pixels.ToByteArray(0, y, image.Width, 1, result switch { PixelMode.Cmyk => "CMYK", PixelMode.Rgba => "RGBA", PixelMode.Rgb => "RGBP", _ => "R" });
            row.AsSpan(0, picture.RowBytes).CopyTo(picture.WritableRow(y));
        }
        return picture;
    }

    /// <summary>Warnings that mean that pixels are missing; others are about metadata.</summary>
    private static bool IsLoss(string message) => message.Contains("premature", StringComparison.OrdinalIgnoreCase) || message.Contains("insufficient", StringComparison.OrdinalIgnoreCase)
        || message.Contains("corrupt", StringComparison.OrdinalIgnoreCase) || message.Contains("truncat", StringComparison.OrdinalIgnoreCase) || message.Contains("read error", StringComparison.OrdinalIgnoreCase);

    private static string Reason(MagickException e) => e.Message.Split('@')[0].TrimEnd(' ', '.', '`', '\'');

    private static MagickFormat FormatOf(string format) => format switch
    {
        "JPEG" => MagickFormat.Jpeg,
        "TIFF" => MagickFormat.Tiff,
        "HEIC" => MagickFormat.Heic,
        "AVIF" => MagickFormat.Avif,
        "JPEG 2000" => MagickFormat.Jp2,
        _ => MagickFormat.Jxl,
    };

    private static bool SetLimits()
    {
        // One thread, as the rest of this room; no spilling to disk; the pixel limit itself is checked from the header.
        ResourceLimits.Thread = 1;
        ResourceLimits.Disk = 0;
        ResourceLimits.Memory = 4UL << 30;
        ResourceLimits.Width = ResourceLimits.Height = 1_000_000;
        ResourceLimits.ListLength = 16;
        return true;
    }
}
