using NClip.Images;
using NClip.Images.Decoders;
using Xunit;
using static NClip.Tests.Images.PreprocessReference;

namespace NClip.Tests.Images;

public sealed class FastJpegTests
{
    private static readonly ImageOptions _fast = new(FastJpeg: true);

    /// <summary>Pictures, and the sizes they are fitted to. docs/parity.md has the deviations.</summary>
    [Theory]
    [InlineData("jpeg_420_q60_4000x3000.jpg", 224)]
    [InlineData("jpeg_420_q80_1280x853.jpg", 224)]
    [InlineData("jpeg_420_q70_853x1280.jpg", 224)]
    [InlineData("jpeg_baseline_420_q90_400x300.jpg", 64)]
    [InlineData("../../../../samples/rocket.jpg", 64)]
    public void Stays_within_the_documented_deviation(string file, int size)
    {
        foreach (var resize in Enum.GetValues<ResizeMode>().Except([ResizeMode.Patches]))
        {
            var spec = PreprocessSpec.OpenAI(size) with { Resize = resize };
            var exact = new ImagePipeline(spec).ProcessToBytes(ImagePath(file));
            var fast = new ImagePipeline(spec, options: _fast).ProcessToBytes(ImagePath(file));
            var deviations = exact.Zip(fast, (a, b) => Math.Abs(a - b)).ToArray();
            TestContext.Current.TestOutputHelper?.WriteLine($"{Path.GetFileName(file)} at {size}, {resize}: mean {deviations.Average():0.00}, largest {deviations.Max()} levels");
            Assert.True(deviations.Average() < 1.5 && deviations.Max() < 48, $"{file} {resize}: mean {deviations.Average():0.00}, largest {deviations.Max()}");
            Assert.NotEqual(exact, fast);
        }
    }

    [Fact]
    public void Small_JPEGs_and_other_formats_are_read_exactly()
    {
        foreach (var file in new[] { "jpeg_baseline_420_q90_400x300.jpg", "png_rgb_scene_641x479.png", "webp_lossy_q80_400x300.webp" })
            Assert.Equal(new ImagePipeline(PreprocessSpec.OpenAI()).ProcessToBytes(ImagePath(file)), new ImagePipeline(PreprocessSpec.OpenAI(), options: _fast).ProcessToBytes(ImagePath(file)));
    }

    [Theory]
    [InlineData(4000, 3000, 1, 8)]
    [InlineData(3000, 4000, 6, 8)]
    [InlineData(1280, 853, 1, 2)]
    [InlineData(400, 300, 1, 1)]
    public void The_reduced_picture_keeps_half_as_many_pixels_again_as_the_result(int width, int height, int orientation, int divisor) =>
        Assert.Equal(divisor, JpegDecoder.Divisor(new JpegHeader(width, height, 3, orientation, false, false), PreprocessSpec.OpenAI(), natural: true));
}
