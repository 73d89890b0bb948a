using NClip.Images.Resize;

namespace NClip.Images.Decoders;

/// <summary>JPEG through Skia (libjpeg-turbo): exact integer transform and triangle chroma upsampling, the pixels of Pillow.</summary>
internal static class JpegDecoder
{
    /// <exception cref="ImageException">Cut off, broken, too large or not supported.</exception>
    public static PixelRows Open(ReadOnlyMemory<byte> file, DecodeRequest request)
    {
        var header = JpegHeader.Read(file.Span, request);
        var natural = request.Policy == ImagePolicy.Natural;
        // Skia gives CMYK as RGB without its profile. Where the inks themselves matter, ImageMagick reads them.
        if (header.Components == 4 && (!natural || header.HasProfile))
            return MagickDecoder.Open(file, ImageFormat.Jpeg, request, orientation: natural ? header.Orientation : 1);
        var turned = natural && header.Orientation != 1;
        request.CheckBytes((header.Buffered ? 2L * header.Components * header.Width * header.Height : 0) + (turned ? 8L * header.Width * header.Height : 0));
        var codec = new SkiaCodec(file, ImageFormat.Jpeg, request);
        try
        {
            if (request.Options.FastJpeg && request.Spec is { } spec && Divisor(header, spec, natural) is > 1 and var divisor) codec.Reduce(divisor);
            codec.Start();
            return new JpegRows(codec, header, natural ? header.Orientation : 1);
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    /// <summary>The largest of 1, 2, 4, 8 at which the decoded picture still is at least <see cref="FastMargin"/> times as large as the resized one.</summary>
    internal static int Divisor(JpegHeader header, PreprocessSpec spec, bool natural)
    {
        var turned = natural && header.Orientation >= 5;
        var (width, height) = turned ? (header.Height, header.Width) : (header.Width, header.Height);
        var fit = Fit.Of(width, height, spec);
        var divisor = 8;
        while (divisor > 1 && (width < FastMargin * divisor * fit.Width || height < FastMargin * divisor * fit.Height)) divisor /= 2;
        return divisor;
    }

    internal const double FastMargin = 1.5;
}
