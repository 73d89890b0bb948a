using System.Buffers;
using NClip.Images;

namespace NClip.Data;

/// <summary>Training pictures: a random crop in NClip's exact resize, mirrored and recoloured by chance, normalised as the model wants it.</summary>
/// <remarks>Source: open_clip's <c>image_transform(is_train=True)</c>, torchvision's RandomResizedCrop, RandomHorizontalFlip, ColorJitter, RandomGrayscale on pictures of PIL.</remarks>
public sealed class Augmentation : ISampleTransform
{
    private readonly AugmentationOptions _options;
    private readonly ImageOptions? _images;
    private readonly ImagePipeline _normalise;

    /// <param name="spec">The model's preprocessing: size, filter, mean and standard deviation are used.</param>
    /// <param name="options">What changes; null for the defaults.</param>
    /// <param name="images">Limits of decoding; null for the defaults.</param>
    /// <exception cref="ClipException">The spec or an option is out of its range.</exception>
    public Augmentation(PreprocessSpec spec, AugmentationOptions? options = null, ImageOptions? images = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        _options = (options ?? new AugmentationOptions()).Validated();
        _images = images;
        _normalise = new ImagePipeline(spec with { Resize = ResizeMode.Squash });    // of a picture that has the size already: no resize is left
    }

    /// <inheritdoc/>
    public int Width => _normalise.Spec.Width;

    /// <inheritdoc/>
    public int Height => _normalise.Spec.Height;

    /// <inheritdoc/>
    public void Apply(ReadOnlyMemory<byte> encoded, string name, SampleRandom random, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(random);
        var pixels = ArrayPool<byte>.Shared.Rent(3 * Width * Height);
        try
        {
            var rgb = pixels.AsMemory(0, 3 * Width * Height);
            using (var picture = SourcePicture.Open(encoded, name, _images))
                picture.Cut(RandomCrop.Draw(picture.Width, picture.Height, _options, random), Width, Height, _normalise.Spec.Interpolation, rgb.Span);
            Recolour(rgb.Span, random);
            _normalise.Process(new RgbImage(Width, Height, rgb), destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    private void Recolour(Span<byte> rgb, SampleRandom random)
    {
        if (random.NextDouble() < _options.FlipChance) Colours.Mirror(rgb, Width);
        if (_options.Jitter is { } jitter && random.NextDouble() < _options.JitterChance) Move(rgb, jitter, random);
        if (random.NextDouble() < _options.GreyChance) Colours.Grey(rgb);
    }

    private static void Move(Span<byte> rgb, ColourJitter jitter, SampleRandom random)
    {
        Span<int> order = [0, 1, 2, 3];
        random.Shuffle(order);
        double Factor(double spread) => random.Between(Math.Max(0, 1 - spread), 1 + spread);
        foreach (var step in order)
            switch (step)
            {
                case 0 when jitter.Brightness > 0: Colours.Brightness(rgb, Factor(jitter.Brightness)); break;
                case 1 when jitter.Contrast > 0: Colours.Contrast(rgb, Factor(jitter.Contrast)); break;
                case 2 when jitter.Saturation > 0: Colours.Saturation(rgb, Factor(jitter.Saturation)); break;
                case 3 when jitter.Hue > 0: Colours.Hue(rgb, random.Between(-jitter.Hue, jitter.Hue)); break;
            }
    }
}

/// <summary>Pictures for evaluation: the model's own <see cref="ImagePipeline"/>, nothing by chance.</summary>
public sealed class Evaluation(ImagePipeline pipeline) : ISampleTransform
{
    /// <inheritdoc/>
    public int Width => pipeline.Spec.Width;

    /// <inheritdoc/>
    public int Height => pipeline.Spec.Height;

    /// <inheritdoc/>
    public void Apply(ReadOnlyMemory<byte> encoded, string name, SampleRandom random, Span<float> destination) => pipeline.Process(encoded, destination, name);
}
