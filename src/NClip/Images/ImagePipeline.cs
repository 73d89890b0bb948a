using NClip.Images.Resize;

namespace NClip.Images;

/// <summary>Picture file -> float32 [3, H, W], or patches [L, H, W, 3], as a model wants it. Immutable and safe to use from several threads at once.</summary>
/// <remarks>Source: <c>_transform</c> of openai/CLIP, <c>image_transform</c> of open_clip, <c>CLIPImageProcessor</c> of transformers; see <see cref="PipelineFlavour"/>.</remarks>
public sealed class ImagePipeline
{
    private readonly ImageOptions _options;
    private readonly NormalizeTable _table;
    private readonly PictureLayout _layout;

    /// <param name="spec">The model's preprocessing.</param>
    /// <param name="policy">As a person sees the picture (default), or as the reference reads it.</param>
    /// <param name="options">Limits and speed; null for the defaults.</param>
    /// <exception cref="ClipException">The spec or an option is out of its range.</exception>
    public ImagePipeline(PreprocessSpec spec, ImagePolicy policy = ImagePolicy.Natural, ImageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Width is < 1 or > 16384 || spec.Height is < 1 or > 16384) throw new ClipException($"the input size is {spec.Width} x {spec.Height}; each side must be 1..16384 pixels.");
        Spec = spec;
        Policy = policy;
        _options = (options ?? new ImageOptions()).Validated();
        _table = new NormalizeTable(spec.Mean, spec.Std);
        _layout = PictureLayout.Of(spec);
    }

    /// <summary>The model's preprocessing.</summary>
    public PreprocessSpec Spec { get; }

    /// <summary>How pictures are read.</summary>
    public ImagePolicy Policy { get; }

    /// <summary>Number of floats of one picture: 3 * H * W, of a model that takes patches as many as its most patches have.</summary>
    public int Length => _layout.Length;

    /// <summary>Reads a file into <paramref name="destination"/>, [3, H, W]: all R, all G, all B; or as patches [L, side, side, 3], zeros behind them.</summary>
    /// <returns>The size that it has there.</returns>
    /// <exception cref="ImageException">The file cannot be read; the message says why.</exception>
    /// <exception cref="ArgumentException">The destination does not have <see cref="Length"/> values.</exception>
    public PictureSize Process(string path, Span<float> destination)
    {
        CheckLength(destination);
        using var file = EncodedFile.Read(path);
        return Process(file.Bytes, destination, file.Name);
    }

    /// <summary>Reads the bytes of a picture file into <paramref name="destination"/>, as the model wants it.</summary>
    /// <param name="encoded">The bytes of the file (JPEG, PNG, WebP, ...).</param>
    /// <param name="destination"><see cref="Length"/> values.</param>
    /// <param name="name">What messages call it; null: nothing.</param>
    /// <exception cref="ImageException">The bytes cannot be read; the message says why.</exception>
    public PictureSize Process(ReadOnlyMemory<byte> encoded, Span<float> destination, string? name = null)
    {
        CheckLength(destination);
        using var fitted = Fitted(encoded, name);
        return Write(fitted, destination);
    }

    /// <summary>Reads what is left of a stream, the bytes of one picture file, into <paramref name="destination"/>, as the model wants it. The stream stays open.</summary>
    /// <param name="encoded">The stream; it need not be seekable.</param>
    /// <param name="destination"><see cref="Length"/> values.</param>
    /// <param name="name">What messages call it; null: nothing.</param>
    /// <exception cref="ImageException">The stream cannot be read, or is no picture; the message says why.</exception>
    public PictureSize Process(Stream encoded, Span<float> destination, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        CheckLength(destination);
        using var file = EncodedFile.Read(encoded, name);
        return Process(file.Bytes, destination, file.Name);
    }

    /// <summary>Fits a picture in memory into <paramref name="destination"/>, as the model wants it.</summary>
    /// <exception cref="ArgumentException">The destination does not have <see cref="Length"/> values.</exception>
    public PictureSize Process(RgbImage image, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        CheckLength(destination);
        using var rows = new RgbImageRows(image);
        using var fitted = Fitted(rows, null);
        return Write(fitted, destination);
    }

    /// <summary>The picture before normalisation.</summary>
    /// <exception cref="ImageException">The file cannot be read; the message says why.</exception>
    public RgbImage ProcessToImage(string path)
    {
        using var file = EncodedFile.Read(path);
        using var fitted = Fitted(file.Bytes, file.Name);
        return new RgbImage(fitted.Width, fitted.Height, Bytes(fitted));
    }

    /// <summary>The picture before normalisation: bytes [H, W, 3].</summary>
    /// <exception cref="ImageException">The file cannot be read; the message says why.</exception>
    public byte[] ProcessToBytes(string path)
    {
        using var file = EncodedFile.Read(path);
        return ProcessToBytes(file.Bytes, file.Name);
    }

    /// <summary>The bytes of a picture file, before normalisation: bytes [H, W, 3].</summary>
    /// <exception cref="ImageException">The bytes cannot be read; the message says why.</exception>
    public byte[] ProcessToBytes(ReadOnlyMemory<byte> encoded, string? name = null)
    {
        using var fitted = Fitted(encoded, name);
        return Bytes(fitted);
    }

    /// <summary>A picture in memory, fitted, before normalisation: bytes [H, W, 3].</summary>
    public byte[] ProcessToBytes(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var rows = new RgbImageRows(image);
        return Bytes(rows, null);
    }

    /// <summary>The same for pixels that are already decoded; what the tests of the reference use.</summary>
    internal byte[] Bytes(PixelRows rows, string? name)
    {
        using var fitted = Fitted(rows, name);
        return Bytes(fitted);
    }

    /// <summary>Pictures that were processed, one behind the other, as a batch.</summary>
    /// <param name="pixels"><see cref="Length"/> values each.</param>
    /// <param name="sizes">What <see cref="Process(string, Span{float})"/> gave for each.</param>
    internal ImageBatch Batch(ReadOnlyMemory<float> pixels, IReadOnlyList<PictureSize> sizes) => _layout.Batch(pixels, sizes);

    private PictureSize Write(PixelRows fitted, Span<float> destination)
    {
        _layout.Write(fitted, _table, destination);
        return new(fitted.Width, fitted.Height);
    }

    private static byte[] Bytes(PixelRows fitted)
    {
        var r = new byte[3 * fitted.Width * fitted.Height];
        for (var y = 0; y < fitted.Height; y++) RgbConversion.PackRow(fitted, y, r.AsSpan(y * 3 * fitted.Width, 3 * fitted.Width));
        return r;
    }

    private PixelRows Fitted(ReadOnlyMemory<byte> encoded, string? name)
        => ImageDecoder.Decode(encoded, new DecodeRequest(name, Policy, _options, Spec), rows => Fitted(rows, name));

    /// <summary>H x W pixels, RGB or grey.</summary>
    private PixelRows Fitted(PixelRows rows, string? name)
    {
        using var source = Policy == ImagePolicy.Natural ? NaturalView.Of(rows)
            : Spec.Flavour == PipelineFlavour.HuggingFace ? RgbConversion.Of(rows) : rows;
        if (source.Mode == PixelMode.Grey16Raw) throw new ImageException("16-bit grey TIFF: openai/CLIP cannot resize this mode. Use the image policy 'natural'.", name);
        var fit = Fit.Of(source.FullWidth, source.FullHeight, Spec);
        var window = _layout.Window(fit);
        var resized = Resizer.Resize(source, fit, window.Width, window.Height, Spec.Interpolation);
        try
        {
            source.Finish();
            return RgbConversion.Of(resized);
        }
        catch
        {
            resized.Dispose();
            throw;
        }
    }

    private void CheckLength(Span<float> destination)
    {
        if (destination.Length != Length) throw new ArgumentException($"the destination has {destination.Length} values; one picture has {Length}.", nameof(destination));
    }
}
