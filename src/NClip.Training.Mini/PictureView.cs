using NClip.Data;
using NClip.Images;

namespace NClip.Training.Mini;

/// <summary>
/// Tower inputs of the recipe: a random crop, mirrored, recoloured, and now and then made coarse first, as a small picture is
/// when it is enlarged. Decoding, boxes and resize are NClip.Data's. The published nclip-mini was trained with a resampler of
/// the trainer's own (bicubic too, but boxes with fractions of pixels and float sums), which took no notice of EXIF and ICC.
/// </summary>
internal static class PictureView
{
    /// <summary>The picture as NClip shows it to the model, [3, H, W]; zeros where it cannot be read.</summary>
    public static void Whole(byte[] encoded, ImagePipeline pipeline, Span<float> planes)
    {
        try
        {
            pipeline.Process(encoded, planes);
        }
        catch (ImageException)
        {
            planes.Clear();
        }
    }

    /// <param name="encoded">The encoded picture; zeros where it cannot be read.</param>
    /// <param name="size">Side of the result.</param>
    /// <param name="smallest">Least share of the picture's area.</param>
    /// <param name="coarse">How often it is reduced to 24..96 px first.</param>
    /// <param name="random">Source of every choice.</param>
    /// <param name="pixels">[size, size, 3], values (u8 - 127.5) / 127.5, filled.</param>
    public static void Draw(byte[] encoded, int size, float smallest, double coarse, SampleRandom random, Span<float> pixels)
    {
        var rgb = new byte[size * size * 3];
        try
        {
            using var picture = SourcePicture.Open(encoded);
            Cut(picture, size, RandomCrop.Draw(picture.Width, picture.Height, new AugmentationOptions(smallest), random), random.NextDouble() < coarse ? 24 + random.Below(73) : 0, rgb);
        }
        catch (ImageException)
        {
            pixels.Clear();
            return;
        }
        if (random.Below(2) == 0) Colours.Mirror(rgb, size);
        for (var i = 0; i < rgb.Length; i++) pixels[i] = (rgb[i] - 127.5f) / 127.5f;
        Recolour(pixels, random);
    }

    private static void Cut(SourcePicture picture, int size, PictureBox box, int coarsened, byte[] rgb)
    {
        if (coarsened == 0 || coarsened >= Math.Min(box.Width, box.Height))
        {
            picture.Cut(box, size, size, Interpolation.Bicubic, rgb);
            return;
        }
        var few = new byte[coarsened * coarsened * 3];
        picture.Cut(box, coarsened, coarsened, Interpolation.Bicubic, few);
        using var small = SourcePicture.Of(new RgbImage(coarsened, coarsened, few));
        small.Cut(new PictureBox(0, 0, coarsened, coarsened), size, size, Interpolation.Bicubic, rgb);
    }

    /// <summary>Contrast, brightness and a tint, one factor and offset a channel; one picture in twenty becomes grey.</summary>
    private static void Recolour(Span<float> pixels, SampleRandom random)
    {
        float Around(double spread) => (float)random.Between(-spread, spread);
        var (contrast, brightness) = (1 + Around(0.25), Around(0.15));
        var (r, g, b) = (brightness + Around(0.05), brightness + Around(0.05), brightness + Around(0.05));
        var grey = random.Below(20) == 0;
        for (var i = 0; i < pixels.Length; i += 3)
        {
            if (grey) pixels[i] = pixels[i + 1] = pixels[i + 2] = 0.299f * pixels[i] + 0.587f * pixels[i + 1] + 0.114f * pixels[i + 2];
            pixels[i] = Math.Clamp(pixels[i] * contrast + r, -1, 1);
            pixels[i + 1] = Math.Clamp(pixels[i + 1] * contrast + g, -1, 1);
            pixels[i + 2] = Math.Clamp(pixels[i + 2] * contrast + b, -1, 1);
        }
    }
}
