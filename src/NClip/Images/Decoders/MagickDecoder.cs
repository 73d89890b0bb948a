using ImageMagick;

namespace NClip.Images.Decoders;

/// <summary>What only ImageMagick reads: HEIC, AVIF, JPEG 2000, JPEG XL, unusual TIFFs, and the ink values of CMYK JPEGs. Its native library is loaded when the first such file is met.</summary>
internal static class MagickDecoder
{
    private static readonly Lazy<bool> _limits = new(SetLimits);

    /// <summary>The first picture of the file, of a format that the caller has recognised: ImageMagick never guesses one.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="format">What they are.</param>
    /// <param name="request">Limits and policy.</param>
    /// <param name="mode">What the pixels are, where the file's header has told it.</param>
    /// <param name="orientation">EXIF orientation, where it is not already applied.</param>
    /// <exception cref="ImageException">Cut off, broken, too large or not supported by this build of ImageMagick.</exception>
    public static Picture Open(ReadOnlyMemory<byte> file, ImageFormat format, DecodeRequest request, PixelMode? mode = null, int orientation = 1)
    {
        try
        {
            if (request.Options.LimitImageMagick) _ = _limits.Value;
            var settings = new MagickReadSettings { Format = FormatOf(format), FrameIndex = 0, FrameCount = 1 };
            var header = new MagickImageInfo();
            header.Read(file.Span, settings);
            request.CheckSize(header.Width, header.Height);
            request.CheckBytes((long)header.Width * header.Height * BytesPerPixel(format));
            using var image = new MagickImage();
            var complaints = new List<string>();
            image.Warning += (_, e) => complaints.Add(e.Message);
            image.Read(file.Span, settings);
            request.CheckSize(image.Width, image.Height);
            if (complaints.Find(IsLoss) is { } loss) throw request.Broken(format, loss);
            return ToPicture(image, format, mode, orientation, request);
        }
        catch (MagickException e)
        {
            throw request.Error($"this {format.Name()} file cannot be read: {Reason(e)}. Get an intact copy, or convert it to PNG or JPEG.", e);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            throw request.Error($"{format.Name()} needs ImageMagick's native library, which does not load here ({e.GetBaseException().Message}). Convert the file to PNG or JPEG.", e);
        }
    }

    private static Picture ToPicture(MagickImage image, ImageFormat format, PixelMode? mode, int orientation, DecodeRequest request)
    {
        if (request.Policy == ImagePolicy.Natural) ToSrgb(image);
        var inks = image.ColorSpace == ColorSpace.CMYK;
        if (!inks && image.ColorSpace is not (ColorSpace.sRGB or ColorSpace.Gray)) image.ColorSpace = ColorSpace.sRGB;
        // Pillow takes the fourth component of a JPEG 2000 picture for alpha, whether the file says so or not.
        var fourth = format == ImageFormat.Jpeg2000 && request.Policy == ImagePolicy.Reference && !image.HasAlpha && image.ChannelCount == 4;
        var result = mode ?? (inks ? PixelMode.Cmyk : image.HasAlpha || fourth ? PixelMode.Rgba : image.ColorSpace == ColorSpace.Gray ? PixelMode.Grey : PixelMode.Rgb);
        var picture = new Picture((int)image.Width, (int)image.Height, result) { Orientation = orientation };
        using var pixels = image.GetPixelsUnsafe();
        for (var y = 0; y < picture.Height; y++)
        {
            var row = fourth ? pixels.GetArea(0, y, image.Width, 1) : pixels.ToByteArray(0, y, image.Width, 1, result switch { PixelMode.Cmyk => "CMYK", PixelMode.Rgba => "RGBA", PixelMode.Rgb => "RGBP", _ => "R" });
            row.AsSpan(0, picture.RowBytes).CopyTo(picture.WritableRow(y));
        }
        return picture;
    }

    /// <summary>A profile that cannot be used changes nothing.</summary>
    private static void ToSrgb(MagickImage image)
    {
        if (image.GetColorProfile() is null) return;
        try
        {
            image.TransformColorSpace(ColorProfiles.SRGB);
        }
        catch (MagickException)
        {
            image.RemoveProfile("icc");
        }
    }

    /// <summary>Warnings that mean that pixels are missing; others are about metadata.</summary>
    private static bool IsLoss(string message) => !message.Contains("profile", StringComparison.OrdinalIgnoreCase)
        && ((string[])["premature", "insufficient", "corrupt", "truncat", "read error"]).Any(word => message.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static string Reason(MagickException e) => e.Message.Split('@')[0].TrimEnd(' ', '.', '`', '\'');

    private static MagickFormat FormatOf(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => MagickFormat.Jpeg,
        ImageFormat.Tiff => MagickFormat.Tiff,
        ImageFormat.Heic => MagickFormat.Heic,
        ImageFormat.Avif => MagickFormat.Avif,
        ImageFormat.Jpeg2000 => MagickFormat.Jp2,
        _ => MagickFormat.Jxl,
    };

    /// <summary>What decoding takes at its peak: the codec's own planes, ImageMagick's pixels, ours. Measured with pictures of 16 megapixels, with alpha.</summary>
    private static int BytesPerPixel(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg2000 => 21,
        ImageFormat.Avif or ImageFormat.Heic => 17,
        ImageFormat.JpegXl => 13,
        _ => 9,
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
