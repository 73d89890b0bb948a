using NClip.Images;
using NClip.Training.Data;
using Xunit;

namespace NClip.Training.Tests.Data;

public class PictureTests
{
    [Fact]
    public void A_crop_at_its_own_size_is_the_picture()
    {
        var pixels = Enumerable.Range(0, 8 * 8 * 3).Select(i => (i * 37 % 256 - 127.5f) / 127.5f).ToArray();
        var copy = new float[pixels.Length];
        Picture.FromPixels(pixels, 8).Crop(0, 0, 8, 8, 8, copy);
        Assert.Equal(pixels, copy);
    }

    [Fact]
    public void Shrinking_keeps_the_mean_and_enlarging_a_flat_picture_keeps_it_flat()
    {
        var pixels = Enumerable.Range(0, 32 * 32 * 3).Select(i => i / 3 % 32 < 16 ? -0.5f : 0.5f).ToArray();
        var small = new float[4 * 4 * 3];
        Picture.FromPixels(pixels, 32).Crop(0, 0, 32, 32, 4, small);
        Assert.Equal(0, small.Average(), 0.01);
        var flat = new float[16 * 16 * 3];
        Picture.FromPixels(Enumerable.Repeat(0.25f, 3 * 3 * 3).ToArray(), 3).Crop(0, 0, 3, 3, 16, flat);
        Assert.True(flat.Max() - flat.Min() < 1e-6);
    }
}
