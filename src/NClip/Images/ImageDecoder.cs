using NClip.Images.Decoders;
using NClip.Images.Decoders.Png;
using NClip.Images.Decoders.Tiff;

namespace NClip.Images;

/// <summary>What is wanted of a file.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Policy">Natural: transparent colours become alpha, and so on; Reference: the file's own mode.</param>
/// <param name="Options">Limits and speed.</param>
/// <param name="Spec">What the picture will be fitted to, where that is known: allows a decode at reduced size.</param>
internal sealed record DecodeRequest(string? Name, ImagePolicy Policy, ImageOptions Options, PreprocessSpec? Spec = null)
{
    /// <summary>Checks a size from a header before anything is allocated.</summary>
    /// <exception cref="ImageException">A side is 0 or too long, or the picture has too many pixels.</exception>
    public void CheckSize(long width, long height)
    {
        if (width < 1 || height < 1) throw Error($"the header says {width} x {height} pixels; a picture has at least one. The file is broken.");
        if ((double)width * height > Options.MaxMegapixels * 1e6)
            throw Error(FormattableString.Invariant($"the header says {width} x {height} pixels, {(double)width * height / 1e6:#,0.###} megapixels; the limit is {Options.MaxMegapixels:#,0.###}. If you trust the file, raise ImageOptions.MaxMegapixels (--max-megapixels)."));
        if (width > MaxSide || height > MaxSide) throw Error($"the header says {width} x {height} pixels; sides of up to {MaxSide} are read.");
    }

    /// <summary>The error for a file that ends too early.</summary>
    public ImageException Truncated(ImageFormat format) => Error($"this {format.Name()} file is cut off: its pixels end before the last row. Get a complete copy.");

    /// <summary>The error for a file that breaks its format's rules.</summary>
    public ImageException Broken(ImageFormat format, string found, Exception? inner = null) => Error($"this {format.Name()} file is broken: {found}. Get an intact copy.", inner);

    public ImageException Error(string message, Exception? inner = null) => new(message, Name, inner);

    /// <summary>Checks the memory that decoding is about to take, what native decoders take included, before it is allocated.</summary>
    /// <exception cref="ImageException">It is more than the options allow.</exception>
    public void CheckBytes(long bytes)
    {
        if (bytes > Options.MaxMegabytes * 1e6)
            throw Error(FormattableString.Invariant($"decoding it takes about {bytes / 1e6:#,0} MB of memory; the limit is {Options.MaxMegabytes:#,0.###}. If you trust the file, raise ImageOptions.MaxMegabytes (--max-megabytes)."));
    }

    /// <summary>The same for a whole picture, and for the copy that turns it upright.</summary>
    public void CheckPicture(long width, long height, PixelMode mode, int orientation = 1) => CheckBytes(width * height * PixelRows.BytesPerPixel(mode) * (orientation == 1 ? 1 : 2));

    private const int MaxSide = 1_000_000;
}

/// <summary>Tells the formats apart by content, never by name, and opens the right decoder.</summary>
internal static class ImageDecoder
{
    /// <summary>Opens a file, gives its rows to <paramref name="use"/> and closes it. Whatever fails in between is this picture's failure: a file's bytes never end a run of many.</summary>
    /// <exception cref="ImageException">Not a picture, not a supported one, broken, cut off or too large.</exception>
    public static T Decode<T>(ReadOnlyMemory<byte> encoded, DecodeRequest request, Func<PixelRows, T> use)
    {
        try
        {
            using var rows = Open(encoded, request);
            return use(rows);
        }
        catch (Exception e) when (e is not (ImageException or OperationCanceledException))
        {
            throw e is OutOfMemoryException
                ? request.Error("there is not enough memory to decode it. Free some, or lower ImageOptions.MaxMegabytes to refuse such files by their headers.", e)
                : request.Error("its pixels cannot be decoded: the file says something that cannot be true. Get an intact copy, or convert it to PNG or JPEG.", e);
        }
    }

    /// <exception cref="ImageException">Not a picture, not a supported one, broken, cut off or too large.</exception>
    public static PixelRows Open(ReadOnlyMemory<byte> encoded, DecodeRequest request)
    {
        var b = encoded.Span;
        if (b.IsEmpty) throw request.Error("the file is empty (0 bytes). Get a complete copy.");
        return Format.Of(b) switch
        {
            ImageFormat.Jpeg => JpegDecoder.Open(encoded, request),
            ImageFormat.Png => PngDecoder.Open(encoded, request),
            ImageFormat.WebP => WebpDecoder.Open(encoded, request),
            ImageFormat.Gif => GifDecoder.Open(b, request),
            ImageFormat.Bmp => BmpDecoder.Open(b, request),
            ImageFormat.Tiff => TiffDecoder.Open(encoded, request),
            ImageFormat.Pnm => PnmDecoder.Open(b, request),
            { } other => MagickDecoder.Open(encoded, other, request),
            null => throw request.Error($"this is {Format.Describe(b)}, not a picture of a supported format. Supported are {Format.Names}."),
        };
    }
}
