using System.Security.Cryptography;
using System.Text.Json;
using NClip.Images;
using NClip.Tests;
using Xunit;

namespace NClip.Data.Tests;

public class AugmentationTests
{
    private static readonly JsonElement _reference = JsonDocument.Parse(File.ReadAllBytes(Reference.Path("data/augmentation.json"))).RootElement;

    private static string Sha(ReadOnlySpan<byte> rgb) => Convert.ToHexStringLower(SHA256.HashData(rgb));

    [Fact]
    public void Colours_equal_pillows()
    {
        var noise = new byte[96 * 64 * 3];
        for (var (i, x) = (0, 1u); i < noise.Length; i++)
        {
            x = ((x * 1103515245) + 12345) & 0x7FFFFFFF;
            noise[i] = (byte)(x >> 16);
        }
        for (var i = 0; i < 32 * 3; i++) noise[i] = (byte)(i / 3 * 8);
        foreach (var c in _reference.GetProperty("colours").EnumerateArray())
        {
            var rgb = (byte[])noise.Clone();
            var (op, factor) = (c.GetProperty("op").GetString(), c.GetProperty("factor").GetDouble());
            switch (op)
            {
                case "brightness": Colours.Brightness(rgb, factor); break;
                case "contrast": Colours.Contrast(rgb, factor); break;
                case "saturation": Colours.Saturation(rgb, factor); break;
                case "hue": Colours.Hue(rgb, factor); break;
                default: Colours.Grey(rgb); break;
            }
            Assert.True(Sha(rgb) == c.GetProperty("sha256").GetString(), $"{op} {factor}");
        }
    }

    [Fact]
    public void Crops_equal_pillows_crop_and_resize()
    {
        var encoded = File.ReadAllBytes(TestData.Coffee);
        foreach (var c in _reference.GetProperty("crops").EnumerateArray())
        {
            int Number(string name) => c.GetProperty(name).GetInt32();
            var size = Number("size");
            var rgb = new byte[size * size * 3];
            using var picture = SourcePicture.Open(encoded);
            picture.Cut(new PictureBox(Number("left"), Number("top"), Number("width"), Number("height")), size, size, Enum.Parse<Interpolation>(c.GetProperty("filter").GetString()!), rgb);
            Assert.True(Sha(rgb) == c.GetProperty("sha256").GetString(), c.ToString());
        }
    }

    [Fact]
    public void Crops_have_the_area_and_the_shape_that_were_asked_for_and_reach_everywhere()
    {
        var options = new AugmentationOptions(0.2, 0.6);
        var boxes = Enumerable.Range(0, 4000).Select(i => RandomCrop.Draw(300, 200, options, SampleRandom.Of(1, "crop", number: i))).ToArray();
        Assert.All(boxes, b =>
        {
            Assert.InRange((double)b.Width * b.Height / (300 * 200), 0.195, 0.61);
            Assert.InRange((double)b.Width / b.Height, 0.74, 1.35);
            Assert.True(b.Left >= 0 && b.Top >= 0 && b.Left + b.Width <= 300 && b.Top + b.Height <= 200);
        });
        Assert.Contains(boxes, b => b.Left == 0);
        Assert.Contains(boxes, b => b.Left + b.Width == 300);
        Assert.InRange(boxes.Average(b => (double)b.Width * b.Height / (300 * 200)), 0.36, 0.42);
        Assert.InRange(boxes.Average(b => b.Left + (b.Width / 2.0)), 147, 153);
    }

    [Theory]
    [InlineData(1000, 10, 493, 0, 13, 10)]
    [InlineData(10, 1000, 0, 493, 10, 13)]
    public void A_picture_into_which_no_crop_fits_gives_its_middle(int width, int height, int left, int top, int w, int h) =>
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(new PictureBox(left, top, w, h), RandomCrop.Draw(width, height, new AugmentationOptions(0.9, 1), SampleRandom.Of(0, "crop", number: i))));

    [Fact]
    public void Mirroring_twice_is_nothing_and_once_changes_sides()
    {
        byte[] rgb = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19];
        var copy = (byte[])rgb.Clone();
        Colours.Mirror(copy, 3);
        Assert.Equal([7, 8, 9, 4, 5, 6, 1, 2, 3, 17, 18, 19, 14, 15, 16, 11, 12, 13], copy);
        Colours.Mirror(copy, 3);
        Assert.Equal(rgb, copy);
    }

    [Fact]
    public void An_augmented_picture_is_the_seeds_and_a_whole_one_is_the_squashed_one()
    {
        var encoded = File.ReadAllBytes(TestData.Coffee);
        var spec = PreprocessSpec.OpenAI(32);
        float[] Draw(AugmentationOptions options, long epoch)
        {
            var values = new float[3 * 32 * 32];
            new Augmentation(spec, options).Apply(encoded, "coffee", SampleRandom.Of(1, "transform", "coffee", epoch), values);
            return values;
        }
        var lively = new AugmentationOptions(0.3, 1, FlipChance: 0.5, Jitter: new ColourJitter(0.4, 0.4, 0.4, 0.1), GreyChance: 0.2);
        Assert.Equal(Draw(lively, 0), Draw(lively, 0));
        Assert.Equal(8, Enumerable.Range(0, 8).Select(e => Draw(lively, e)[0]).Distinct().Count());
        var whole = new float[3 * 32 * 32];
        new ImagePipeline(spec with { Resize = ResizeMode.Squash }).Process(TestData.Coffee, whole);
        Assert.Equal(whole, Draw(new AugmentationOptions(1, 1, 1.5, 1.5), 0));
    }

    [Fact]
    public void A_picture_that_is_cut_off_is_refused_wherever_its_crop_lies()
    {
        var encoded = File.ReadAllBytes(Path.Combine(Reference.Root, "samples", "rocket.jpg"));
        using var picture = SourcePicture.Open(encoded.AsMemory(0, encoded.Length / 2));
        Assert.Throws<ImageException>(() => picture.Cut(new PictureBox(0, 0, 8, 8), 4, 4, Interpolation.Bicubic, new byte[48]));
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        foreach (var bad in new[] { new AugmentationOptions(0), new AugmentationOptions(0.9, 0.5), new AugmentationOptions(SmallestRatio: 2), new AugmentationOptions(FlipChance: 2), new AugmentationOptions(Jitter: new ColourJitter(Hue: 0.6)) })
            Assert.Throws<DataException>(() => new Augmentation(PreprocessSpec.OpenAI(), bad));
        using var picture = SourcePicture.Of(new RgbImage(2, 2, new byte[12]));
        Assert.Throws<DataException>(() => picture.Cut(new PictureBox(1, 0, 2, 2), 4, 4, Interpolation.Bicubic, new byte[48]));
    }
}
