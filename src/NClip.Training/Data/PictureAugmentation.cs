namespace NClip.Training.Data;

/// <summary>Draws a tower input from a training picture: a random crop, mirrored, recoloured, and now and then made coarse first, as a small picture is when it is enlarged.</summary>
internal static class PictureAugmentation
{
    /// <param name="encoded">The encoded picture.</param>
    /// <param name="size">Side of the result.</param>
    /// <param name="smallest">Least share of the picture's area.</param>
    /// <param name="coarse">How often it is reduced to 24..96 px first.</param>
    /// <param name="random">Source of every choice.</param>
    /// <param name="pixels">[size, size, 3], filled.</param>
    public static void Draw(byte[] encoded, int size, float smallest, double coarse, Random random, Span<float> pixels)
    {
        if (Picture.Decode(encoded) is not { } picture) return;
        var (left, top, width, height) = Box(picture.Width, picture.Height, smallest, random);
        var coarsened = random.NextDouble() < coarse ? random.Next(24, 97) : 0;
        if (coarsened > 0 && coarsened < Math.Min(width, height))
        {
            var few = new float[coarsened * coarsened * 3];
            picture.Crop(left, top, width, height, coarsened, few);
            Picture.FromPixels(few, coarsened).Crop(0, 0, coarsened, coarsened, size, pixels);
        }
        else picture.Crop(left, top, width, height, size, pixels);
        if (random.Next(2) == 0) Mirror(pixels, size);
        Recolour(pixels, random);
    }

    private static (float Left, float Top, float Width, float Height) Box(int width, int height, float smallest, Random random)
    {
        for (var i = 0; i < 10; i++)
        {
            var area = width * height * (smallest + (1 - smallest) * random.NextSingle());
            var ratio = MathF.Exp((random.NextSingle() * 2 - 1) * MathF.Log(4f / 3));
            var (w, h) = (MathF.Sqrt(area * ratio), MathF.Sqrt(area / ratio));
            if (w <= width && h <= height) return (random.NextSingle() * (width - w), random.NextSingle() * (height - h), w, h);
        }
        var side = Math.Min(width, height);
        return ((width - side) / 2f, (height - side) / 2f, side, side);
    }

    private static void Mirror(Span<float> pixels, int size)
    {
        for (var y = 0; y < size; y++)
        {
            var row = pixels.Slice(y * size * 3, size * 3);
            for (var x = 0; x < size / 2; x++)
                for (var c = 0; c < 3; c++) (row[x * 3 + c], row[(size - 1 - x) * 3 + c]) = (row[(size - 1 - x) * 3 + c], row[x * 3 + c]);
        }
    }

    /// <summary>Contrast, brightness and a tint, one factor and offset a channel; one picture in twenty becomes grey.</summary>
    private static void Recolour(Span<float> pixels, Random random)
    {
        float Around(float spread) => (random.NextSingle() * 2 - 1) * spread;
        var (contrast, brightness) = (1 + Around(0.25f), Around(0.15f));
        var (r, g, b) = (brightness + Around(0.05f), brightness + Around(0.05f), brightness + Around(0.05f));
        var grey = random.Next(20) == 0;
        for (var i = 0; i < pixels.Length; i += 3)
        {
            if (grey) pixels[i] = pixels[i + 1] = pixels[i + 2] = 0.299f * pixels[i] + 0.587f * pixels[i + 1] + 0.114f * pixels[i + 2];
            pixels[i] = Math.Clamp(pixels[i] * contrast + r, -1, 1);
            pixels[i + 1] = Math.Clamp(pixels[i + 1] * contrast + g, -1, 1);
            pixels[i + 2] = Math.Clamp(pixels[i + 2] * contrast + b, -1, 1);
        }
    }
}
