using NClip.Images;
using Xunit;

namespace NClip.Tests.Images;

/// <summary>Layouts of TIFF that Pillow 9.4 knows, each against the same pixels in a layout whose reading the reference files prove.</summary>
public sealed class TiffTests
{
    private static readonly ImagePipeline _natural = new(PreprocessSpec.OpenAI(16));
    private static readonly ImagePipeline _byReference = new(PreprocessSpec.OpenAI(16), ImagePolicy.Reference);

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 0)]
    [InlineData(4, 1, 1)]
    [InlineData(4, 1, 3)]
    [InlineData(8, 3, 2)]
    [InlineData(16, 3, 2)]
    public void Fill_order_2_is_the_same_bytes_with_their_bits_turned(int bits, int samples, int photometric)
    {
        var pixels = Noise(40 * bits * samples / 8 * 30);
        byte[] Of(uint order, byte[] strip) => WithPalette(new TiffFile(40, 30, bits, samples, photometric), photometric, bits).With(266, order).Strips(strip);
        AssertSame(Of(1, pixels), Of(2, [.. pixels.Select(Turned)]));
    }

    [Theory]
    [InlineData(8, 3)]
    [InlineData(8, 4)]
    [InlineData(16, 3)]
    [InlineData(16, 4)]
    public void Planes_give_the_same_picture_as_pixels(int bits, int samples)
    {
        var pixels = Noise(40 * 30 * samples * bits / 8);
        var step = bits / 8;
        var planes = Enumerable.Range(0, samples).Select(s => pixels.Chunk(samples * step).SelectMany(p => p.Skip(s * step).Take(step)).ToArray()).ToArray();
        TiffFile File() => samples == 4 ? new TiffFile(40, 30, bits, samples, 2).With(338, 2) : new TiffFile(40, 30, bits, samples, 2);
        AssertSame(File().Strips(pixels), File().With(284, 2).Strips(planes));
    }

    [Fact]
    public void A_fourth_sample_that_is_not_named_is_alpha_and_a_single_depth_is_for_all()
    {
        var pixels = Noise(40 * 30 * 4);
        var named = new TiffFile(40, 30, 8, 4, 2).With(338, 2).Strips(pixels);
        AssertSame(named, new TiffFile(40, 30, 8, 4, 2).Strips(pixels));
        AssertSame(named, new TiffFile(40, 30, 8, 4, 2).With(258, 8).Strips(pixels));
        AssertSame(named, new TiffFile(40, 30, 8, 4, 2).With(258, 8, 8, 8, 8, 1).Strips(pixels));
        Assert.NotEqual(_byReference.ProcessToBytes(named), _byReference.ProcessToBytes(new TiffFile(40, 30, 8, 4, 2).With(338, 0).Strips(pixels)));
    }

    [Fact]
    public void What_is_transparent_and_premultiplied_is_black()
    {
        byte[] pixels = [.. Enumerable.Repeat<byte[]>([200, 100, 50, 0], 16 * 16).SelectMany(p => p)];
        Assert.All(_byReference.ProcessToBytes(new TiffFile(16, 16, 8, 4, 2).With(338, 1).Strips(pixels)), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(32, 1u)]
    [InlineData(32, 2u)]
    [InlineData(16, 2u)]
    public void Wide_grey_is_clipped_by_reference_and_scaled_for_people(int bits, uint sampleFormat)
    {
        var levels = Noise(16 * 16);
        byte[] Wide(int factor) => [.. levels.SelectMany(v => bits == 32 ? BitConverter.GetBytes(v * factor) : BitConverter.GetBytes((short)(v * factor)))];
        var narrow = new TiffFile(16, 16, 8, 1, 1).Strips(levels);
        byte[] File(int factor) => new TiffFile(16, 16, bits, 1, 1).With(339, sampleFormat).Strips(Wide(factor));
        Assert.Equal(_byReference.ProcessToBytes(narrow), _byReference.ProcessToBytes(File(1)));
        Assert.Equal(_natural.ProcessToBytes(narrow), _natural.ProcessToBytes(File(1)));
        Assert.All(_byReference.ProcessToBytes(File(100)).Zip(levels.SelectMany(v => new[] { v, v, v })), p => Assert.Equal(Math.Min(255, p.Second * 100), p.First));
        Assert.Contains(_natural.ProcessToBytes(File(100)), v => v is > 60 and < 128);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void The_orientation_counts_by_reference_too(int orientation)
    {
        var pixels = Noise(24 * 16 * 3);
        var turned = new TiffFile(24, 16, 8, 3, 2).With(274, (uint)orientation).Strips(pixels);
        var seen = RgbImage.Decode(turned);
        Assert.Equal(orientation >= 5 ? (16, 24) : (24, 16), (seen.Width, seen.Height));
        var upright = new TiffFile(seen.Width, seen.Height, 8, 3, 2).Strips(seen.Pixels.ToArray());
        foreach (var spec in new[] { PreprocessSpec.OpenAI(16) with { Resize = ResizeMode.Squash }, PreprocessSpec.OpenAI(16) with { Flavour = PipelineFlavour.HuggingFace } })
        {
            var pipeline = new ImagePipeline(spec, ImagePolicy.Reference);
            Assert.Equal(pipeline.ProcessToBytes(upright), pipeline.ProcessToBytes(turned));
        }
    }

    [Fact]
    public void Indices_with_alpha_are_resized_as_grey_levels_by_reference_and_looked_up_for_people()
    {
        var indices = Noise(32 * 32);
        var file = WithPalette(new TiffFile(32, 32, 8, 2, 3), 3, 8).With(338, 2).Strips([.. indices.SelectMany(i => new byte[] { i, 255 })]);
        Assert.Equal(_byReference.ProcessToBytes(new TiffFile(32, 32, 8, 1, 1).Strips(indices)), _byReference.ProcessToBytes(file));
        Assert.Equal(RgbImage.Decode(WithPalette(new TiffFile(32, 32, 8, 1, 3), 3, 8).Strips(indices)).Pixels.ToArray(), RgbImage.Decode(file).Pixels.ToArray());
        var same = new ImagePipeline(PreprocessSpec.OpenAI(32), ImagePolicy.Reference);
        Assert.Equal(same.ProcessToBytes(WithPalette(new TiffFile(32, 32, 8, 1, 3), 3, 8).Strips(indices)), same.ProcessToBytes(file));
    }

    [Fact]
    public void Lengths_of_strips_that_are_not_compressed_do_not_count()
    {
        var pixels = Noise(20 * 20);
        var file = new TiffFile(20, 20, 8, 1, 1).Strips(pixels);
        var wrong = (byte[])file.Clone();
        wrong.AsSpan(8 + 2 + (12 * 8) + 8, 4).Fill(0x7F);    // the ninth tag, 279
        AssertSame(file, wrong);
    }

    private static void AssertSame(byte[] expected, byte[] file)
    {
        foreach (var pipeline in new[] { _natural, _byReference }) Assert.Equal(pipeline.ProcessToBytes(expected), pipeline.ProcessToBytes(file));
    }

    private static TiffFile WithPalette(TiffFile file, int photometric, int bits) => photometric != 3 ? file
        : file.With(320, [.. Enumerable.Range(0, 3 << bits).Select(i => (uint)(i * 7919 % 65536))]);

    private static byte[] Noise(int length)
    {
        var r = new byte[length];
        new Random(7).NextBytes(r);
        return r;
    }

    private static byte Turned(byte b) => (byte)Enumerable.Range(0, 8).Sum(i => ((b >> i) & 1) << (7 - i));
}
