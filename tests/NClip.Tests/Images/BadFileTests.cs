using System.Text.Json;
using NClip.Images;
using Xunit;

namespace NClip.Tests.Images;

public sealed class BadFileTests
{
    private static readonly ImagePipeline _natural = new(PreprocessSpec.OpenAI(32));
    private static readonly ImagePipeline _byReference = new(PreprocessSpec.OpenAI(32), ImagePolicy.Reference);

    public static TheoryData<string, string> Files
    {
        get
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(Reference.Path("preprocess/bad/expected.json")));
            var r = new TheoryData<string, string>();
            foreach (var e in json.RootElement.EnumerateArray()) r.Add(e.GetProperty("file").GetString()!, e.GetProperty("expect").GetString()!);
            return r;
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Accepted_or_refused_by_name_as_listed(string file, string expected)
    {
        var path = Path.Combine(Reference.Path("preprocess/bad"), file);
        foreach (var pipeline in new[] { _natural, _byReference })
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = Record.Exception(() => pipeline.ProcessToBytes(path));
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (expected == "accept") Assert.Null(error);
            if (expected == "reject") Assert.NotNull(error);
            Assert.True(allocated < 20_000_000, $"{file} made NClip allocate {allocated} bytes");
            if (error is null) continue;
            var refusal = Assert.IsType<ImageException>(error);
            Assert.Equal(path, refusal.File);
            Assert.Contains(file, refusal.Message, StringComparison.Ordinal);
            Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("jpeg_420_q80_1280x853.jpg")]
    [InlineData("png_rgb_scene_641x479.png")]
    [InlineData("webp_lossless_333x217.webp")]
    [InlineData("gif_static_200x150.gif")]
    [InlineData("bmp_rgb24_131x97.bmp")]
    [InlineData("tiff_rgb_lzw_140x105.tif")]
    [InlineData("ppm_rgb_95x71.ppm")]
    [InlineData("tiff_1bit_g4_140x105.tif")]
    public void The_pixel_limit_is_an_option_and_counts_the_headers_size(string file)
    {
        var path = PreprocessReference.ImagePath(file);
        var size = RgbImage.Load(path);
        var megapixels = size.Width * size.Height / 1e6;
        Assert.NotEmpty(new ImagePipeline(PreprocessSpec.OpenAI(32), options: new ImageOptions(megapixels)).ProcessToBytes(path));
        var refusal = Assert.Throws<ImageException>(() => new ImagePipeline(PreprocessSpec.OpenAI(32), options: new ImageOptions(megapixels * 0.99)).ProcessToBytes(path));
        Assert.Contains($"{size.Width} x {size.Height}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("MaxMegapixels", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jpeg_420_q80_1280x853.jpg")]
    [InlineData("jpeg_progressive_420_q85_400x300.jpg")]
    [InlineData("jpeg_cmyk_adobe_q90_400x300.jpg")]
    [InlineData("png_rgb_scene_224x224.png")]
    [InlineData("png_rgb_interlaced_117x83.png")]
    [InlineData("png_palette256_256x192.png")]
    [InlineData("webp_lossless_333x217.webp")]
    [InlineData("webp_lossy_q80_400x300.webp")]
    [InlineData("gif_static_200x150.gif")]
    [InlineData("bmp_palette8_131x97.bmp")]
    [InlineData("tiff_rgb_raw_140x105.tif")]
    [InlineData("tiff_rgb_deflate_140x105.tif")]
    [InlineData("tiff_1bit_g4_140x105.tif")]
    [InlineData("ppm_rgb_95x71.ppm")]
    [InlineData("pbm_1bit_95x71.pbm")]
    public void A_file_that_is_cut_off_anywhere_is_refused(string file)
    {
        var whole = File.ReadAllBytes(PreprocessReference.ImagePath(file));
        for (var percent = 0; percent < 97; percent += 3)
        {
            var cut = whole.AsMemory(0, whole.Length * percent / 100);
            Assert.Throws<ImageException>(() => _natural.ProcessToBytes(cut, file));
            Assert.Throws<ImageException>(() => _byReference.ProcessToBytes(cut, file));
        }
    }
}
