namespace NClip.Data;

/// <summary>The box of a random resized crop: area and shape are drawn until the box fits, ten times at most; then the middle. (torchvision, <c>RandomResizedCrop.get_params</c>)</summary>
public static class RandomCrop
{
    /// <param name="width">Width of the picture.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="options">Areas and shapes.</param>
    /// <param name="random">Source of every choice.</param>
    public static PictureBox Draw(int width, int height, AugmentationOptions options, SampleRandom random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        var area = (double)width * height;
        var (low, high) = (Math.Log(options.SmallestRatio), Math.Log(options.LargestRatio));
        for (var i = 0; i < 10; i++)
        {
            var target = area * random.Between(options.SmallestArea, options.LargestArea);
            var ratio = Math.Exp(random.Between(low, high));
            var (w, h) = (Math.Round(Math.Sqrt(target * ratio)), Math.Round(Math.Sqrt(target / ratio)));    // half to even, as Python
            if (!(w > 0 && w <= width && h > 0 && h <= height)) continue;
            var top = random.Below(height - (int)h + 1);
            return new PictureBox(random.Below(width - (int)w + 1), top, (int)w, (int)h);
        }
        return Middle(width, height, options);
    }

    private static PictureBox Middle(int width, int height, AugmentationOptions options)
    {
        var shape = (double)width / height;
        var (w, h) = shape < options.SmallestRatio ? (width, (int)Math.Round(width / options.SmallestRatio))
            : shape > options.LargestRatio ? ((int)Math.Round(height * options.LargestRatio), height)
            : (width, height);
        return new PictureBox((width - w) / 2, (height - h) / 2, w, h);
    }
}
