using System.Buffers.Binary;
using System.Diagnostics;
using ImageMagick;
using NClip.Images;
using Xunit;
using static NClip.Tests.Images.PreprocessReference;

namespace NClip.Tests.Images;

/// <summary>Files that are made to cost, and what fails in the middle of decoding.</summary>
public sealed class HostileFileTests
{
    private static readonly ImagePipeline _natural = new(PreprocessSpec.OpenAI(16));

    [Fact]
    public void Time_grows_with_the_number_of_tiles_and_not_with_its_square()
    {
        var clock = Stopwatch.StartNew();
        _natural.ProcessToBytes(new TiffFile(300, 300, 8, 1, 1).Tiles(1, 90_000, [128]));
        Assert.True(clock.Elapsed.TotalSeconds < 8, $"90,000 tiles took {clock.Elapsed.TotalSeconds:0.0} s");
    }

    [Fact]
    public void Blocks_that_share_more_bytes_than_the_file_has_are_refused()
    {
        var codes = new byte[100_000];
        Array.Fill(codes, (byte)0x80);    // PackBits: nothing
        var file = new TiffFile(64, 64, 8, 1, 1).With(259, 32773).Tiles(1, 4096, codes);
        Assert.Contains("strips or tiles claim", Refusal(file).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tiles_that_are_much_larger_than_the_picture_are_refused()
        => Assert.Contains("cover", Refusal(new TiffFile(1, 2000, 8, 1, 1).With(322, 60_000).With(323, 1).Strips(new byte[8]).AsTiled()).Message, StringComparison.Ordinal);

    [Fact]
    public void A_run_that_goes_on_behind_the_edge_ends_there()
    {
        byte[] runs = [.. Enumerable.Repeat<byte[]>([255, 1], 8_500_000).SelectMany(r => r), 0, 1];
        Assert.Equal(3 * 16 * 16, _natural.ProcessToBytes(Bmp(16, 16, runs, 1)).Length);
    }

    [Fact]
    public void A_JPEG_with_hundreds_of_scans_is_refused()
    {
        var plain = File.ReadAllBytes(ImagePath("jpeg_progressive_420_q85_400x300.jpg"));
        Assert.NotEmpty(_natural.ProcessToBytes(plain));
        byte[] scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0];
        byte[] many = [.. plain[..^2], .. Enumerable.Repeat(scan, 300).SelectMany(s => s), 0xFF, 0xD9];
        Assert.Contains("scans", Refusal(many).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MagickFormat.Avif)]
    [InlineData(MagickFormat.Jp2)]
    [InlineData(MagickFormat.Jxl)]
    [InlineData(MagickFormat.Png)]
    [InlineData(MagickFormat.WebP)]
    [InlineData(MagickFormat.Gif)]
    public void A_small_file_that_takes_much_memory_is_refused_by_its_header(MagickFormat format)
    {
        using var image = new MagickImage(new MagickColor(30, 120, 200), 1000, 800);
        var file = image.ToByteArray(format);
        Assert.NotEmpty(_natural.ProcessToBytes(file));
        var refusal = Assert.Throws<ImageException>(() => new ImagePipeline(PreprocessSpec.OpenAI(16), options: new ImageOptions(MaxMegabytes: 0.5)).ProcessToBytes(file));
        Assert.Contains("MaxMegabytes", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Photos_of_12_megapixels_stay_within_the_memory_limit_in_every_format()
    {
        var request = new NClip.Images.DecodeRequest("x", ImagePolicy.Natural, new ImageOptions());
        request.CheckBytes(4000L * 3000 * 21);
        request.CheckPicture(12_000, 8400, PixelMode.Rgb, orientation: 6);    // 100 megapixels, PNG or JPEG, turned
        Assert.Throws<ImageException>(() => request.CheckBytes(13_000L * 13_000 * 13));
    }

    [Fact]
    public void ImageMagicks_limits_are_the_hosts_unless_the_library_is_told()
    {
        using var image = new MagickImage(new MagickColor(30, 120, 200), 16, 16);
        var file = image.ToByteArray(MagickFormat.Jp2);
        var before = ResourceLimits.ListLength;
        ResourceLimits.ListLength = 77;
        _natural.ProcessToBytes(file);
        Assert.Equal(77u, (uint)ResourceLimits.ListLength);
        ResourceLimits.ListLength = before;
        new ImagePipeline(PreprocessSpec.OpenAI(16), options: new ImageOptions(LimitImageMagick: true)).ProcessToBytes(file);
        Assert.Equal(1u, (uint)ResourceLimits.Thread);
    }

    [Fact]
    public void Whatever_fails_in_a_decoder_is_that_pictures_failure()
    {
        var file = File.ReadAllBytes(ImagePath("png_rgb_scene_64x64.png"));
        var request = new DecodeRequest("a.png", ImagePolicy.Natural, new ImageOptions());
        foreach (var cause in new Exception[] { new InvalidOperationException(), new OverflowException(), new InsufficientMemoryException(), new ArgumentNullException() })
        {
            var refusal = Assert.Throws<ImageException>(() => ImageDecoder.Decode<int>(file, request, _ => throw cause));
            Assert.Same(cause, refusal.InnerException);
            Assert.Contains("a.png", refusal.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("Parameter", refusal.Message, StringComparison.Ordinal);
        }
        Assert.Throws<OperationCanceledException>(() => ImageDecoder.Decode<int>(file, request, _ => throw new OperationCanceledException()));
    }

    [Theory]
    [InlineData(MagickFormat.Png24)]
    [InlineData(MagickFormat.Jpeg)]
    [InlineData(MagickFormat.Tiff)]
    [InlineData(MagickFormat.WebP)]
    public void A_picture_with_a_broken_profile_is_read_without_it(MagickFormat format)
    {
        using var image = new MagickImage(new MagickColor(200, 40, 40), 40, 30) { Quality = 100 };
        var plain = image.ToByteArray(format);
        image.SetProfile(new ImageProfile("icc", ColorProfiles.AdobeRGB1998.ToByteArray()));
        var broken = image.ToByteArray(format);
        if (format == MagickFormat.Png24) broken = WithPngProfile(plain, new byte[128]);
        else broken.AsSpan(broken.AsSpan().IndexOf("acsp"u8) - 36, 200).Clear();
        Assert.Equal(_natural.ProcessToBytes(plain), _natural.ProcessToBytes(broken));
    }

    [Fact]
    public void Inks_with_a_broken_profile_are_read_without_it()
    {
        using var image = new MagickImage(new MagickColor(30, 120, 200), 40, 30) { Quality = 95, ColorSpace = ColorSpace.CMYK };
        var plain = image.ToByteArray(MagickFormat.Jpeg);
        image.SetProfile(ColorProfiles.USWebCoatedSWOP);
        var broken = image.ToByteArray(MagickFormat.Jpeg);
        broken.AsSpan(broken.AsSpan().IndexOf("acsp"u8) - 36, 400).Clear();
        Assert.All(_natural.ProcessToBytes(plain).Zip(_natural.ProcessToBytes(broken)), p => Assert.InRange(p.Second, p.First - 2, p.First + 2));
    }

    private static ImageException Refusal(byte[] file) => Assert.Throws<ImageException>(() => _natural.ProcessToBytes(file));

    internal static byte[] Bmp(int width, int height, byte[] pixels, uint compression, uint? pixelsAt = null, uint colours = 256)
    {
        var r = new byte[54 + (4 * colours) + pixels.Length];
        "BM"u8.CopyTo(r);
        foreach (var (at, v) in new (int, uint)[] { (2, (uint)r.Length), (10, pixelsAt ?? 54 + (4 * colours)), (14, 40), (18, (uint)width), (22, (uint)height), (26, 1 | (8 << 16)), (30, compression), (34, (uint)pixels.Length), (46, colours) })
            BinaryPrimitives.WriteUInt32LittleEndian(r.AsSpan(at), v);
        for (var i = 0; i < colours; i++) (r[54 + (4 * i)], r[55 + (4 * i)], r[56 + (4 * i)]) = ((byte)(i * 3), (byte)(i * 5), (byte)(i * 7));
        pixels.CopyTo(r, r.Length - pixels.Length);
        return r;
    }

    private static byte[] WithPngProfile(byte[] png, byte[] profile)
    {
        using var packed = new MemoryStream();
        using (var z = new System.IO.Compression.ZLibStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true)) z.Write(profile);
        return [.. png[..33], .. NaturalPolicyTests.PngChunk("iCCP", [(byte)'x', 0, 0, .. packed.ToArray()]), .. png[33..]];
    }
}

internal static class TiffBytes
{
    /// <summary>Calls the strips of a file tiles.</summary>
    public static byte[] AsTiled(this byte[] tiff)
    {
        var count = BinaryPrimitives.ReadUInt16LittleEndian(tiff.AsSpan(8));
        for (var i = 0; i < count; i++)
        {
            var tag = tiff.AsSpan(10 + (12 * i), 2);
            if (BinaryPrimitives.ReadUInt16LittleEndian(tag) is (273 or 279) and var t) BinaryPrimitives.WriteUInt16LittleEndian(tag, (ushort)(t == 273 ? 324 : 325));
        }
        return tiff;
    }
}
