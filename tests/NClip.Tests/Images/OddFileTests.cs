using ImageMagick;
using NClip.Images;
using Xunit;
using static NClip.Tests.Images.PreprocessReference;

namespace NClip.Tests.Images;

/// <summary>Oddities of BMP, JPEG and JPEG 2000 that Pillow 9.4 reads, and pictures that do not come from a file.</summary>
public sealed class OddFileTests
{
    private static readonly ImagePipeline _byReference = new(PreprocessSpec.OpenAI(16), ImagePolicy.Reference);

    [Fact]
    public void A_BMP_whose_pixels_are_said_to_start_at_its_palette_is_read_from_behind_it()
    {
        var pixels = Noise(32 * 20);
        AssertSame(HostileFileTests.Bmp(32, 20, pixels, 0), HostileFileTests.Bmp(32, 20, pixels, 0, pixelsAt: 54));
        AssertSame(HostileFileTests.Bmp(32, 20, [.. pixels.Select(p => (byte)(p % 200))], 0, colours: 200), HostileFileTests.Bmp(32, 20, [.. pixels.Select(p => (byte)(p % 200))], 0, pixelsAt: 54, colours: 200));
    }

    [Fact]
    public void The_last_row_of_a_BMP_may_lack_its_padding()
    {
        var pixels = Noise(32 * 20);
        AssertSame(HostileFileTests.Bmp(31, 20, pixels, 0), HostileFileTests.Bmp(31, 20, pixels[..^1], 0));
    }

    [Fact]
    public void A_run_length_coded_BMP_may_go_from_the_top_down()
    {
        byte[] Runs(IEnumerable<int> rows) => [.. rows.SelectMany(y => new byte[] { 10, (byte)y, 6, (byte)(y + 40), 0, 0 }), 0, 1];
        AssertSame(HostileFileTests.Bmp(16, 12, Runs(Enumerable.Range(0, 12).Reverse()), 1), HostileFileTests.Bmp(16, -12, Runs(Enumerable.Range(0, 12)), 1));
    }

    [Fact]
    public void Junk_between_the_segments_of_a_JPEG_is_skipped()
    {
        var plain = File.ReadAllBytes(ImagePath("jpeg_420_17x9.jpg"));
        var second = 4 + ((plain[4] << 8) | plain[5]);
        AssertSame(plain, [.. plain[..second], 1, 2, 3, .. plain[second..]]);
    }

    [Fact]
    public void The_fourth_component_of_a_JPEG_2000_picture_is_alpha_by_reference_although_it_does_not_say_so()
    {
        using var image = new MagickImage(new MagickColor(255, 255, 255, 200), 48, 48);
        using (var hidden = new MagickImage(new MagickColor(0, 0, 0, 0), 24, 48)) image.Composite(hidden, 0, 0, CompositeOperator.Copy);
        var told = image.ToByteArray(MagickFormat.Jp2);
        var silent = (byte[])told.Clone();
        "free"u8.CopyTo(silent.AsSpan(silent.AsSpan().IndexOf("cdef"u8)));    // the box that says what the components are
        using var stored = new MagickImage(silent);
        Assert.False(stored.HasAlpha);
        AssertSame(told, silent);
    }

    [Fact]
    public void A_picture_may_come_as_a_stream()
    {
        var path = ImagePath("jpeg_420_q80_1280x853.jpg");
        var expected = new float[_byReference.Length];
        _byReference.Process(path, expected);
        var bytes = File.ReadAllBytes(path);
        foreach (var stream in new Stream[] { new MemoryStream([9, .. bytes]) { Position = 1 }, new Trickle(bytes) })
        {
            var found = new float[_byReference.Length];
            _byReference.Process(stream, found, "a stream");
            Assert.Equal(expected, found);
        }
        var refusal = Assert.Throws<ImageException>(() => _byReference.Process(new MemoryStream([1, 2, 3]), new float[_byReference.Length], "a stream"));
        Assert.Equal("a stream", refusal.File);
        var closed = new MemoryStream();
        closed.Dispose();
        Assert.Throws<ImageException>(() => _byReference.Process(closed, new float[_byReference.Length], "closed"));
    }

    private static void AssertSame(byte[] expected, byte[] file) => Assert.Equal(_byReference.ProcessToBytes(expected), _byReference.ProcessToBytes(file));

    private static byte[] Noise(int length)
    {
        var r = new byte[length];
        new Random(7).NextBytes(r);
        return r;
    }

    /// <summary>Bytes that come in small pieces, without a length.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 7777)]);
    }
}
