using System.Diagnostics;
using NClip.Images;
using Xunit;

namespace NClip.Tests.Images;

public sealed class DecoderFuzzTests
{
    /// <summary>One small file of every coding.</summary>
    public static TheoryData<string> Seeds =>
    [
        "bmp_1bit_131x97.bmp", "bmp_palette8_131x97.bmp", "bmp_rgba32_77x55.bmp", "gif_bw_60x60.gif", "gif_noninterlaced_90x70.gif", "gif_transparent_110x90.gif",
        "jpeg_420_17x9.jpg", "jpeg_exif6_160x120.jpg", "jpeg_baseline_422_q75_333x217.jpg", "jpeg_progressive_420_q85_400x300.jpg", "pbm_1bit_95x71.pbm", "pgm_gray_95x71.pgm", "ppm_ascii_p3_9x7.ppm",
        "png_1bit_203x155.png", "png_gray16_dark_256x128.png", "png_la_120x90.png", "png_palette_trns_table_150x150.png", "png_rgb_interlaced_5x3.png", "png_rgb_exif6_120x80.png", "png_rgb_icc_120x100.png",
        "tiff_gray16_80x60.tif", "tiff_gray_lzw_140x105.tif", "tiff_palette_lzw_140x105.tif", "tiff_rgb_packbits_140x105.tif", "tiff_rgba_deflate_90x60.tif", "tiff_1bit_g4_140x105.tif",
        "webp_lossy_q60_35x21.webp", "webp_lossy_alpha_q75_200x150.webp",
    ];

    [Theory, MemberData(nameof(Seeds))]
    public void A_damaged_file_gives_a_picture_or_an_ImageException(string file)
    {
        var whole = File.ReadAllBytes(PreprocessReference.ImagePath(file));
        var random = new Random(file.Length * 31 + file[0]);
        var options = new ImageOptions(MaxMegapixels: 1);
        ImagePipeline[] pipelines = [new(PreprocessSpec.OpenAI(16), ImagePolicy.Natural, options), new(PreprocessSpec.OpenAI(16), ImagePolicy.Reference, options)];
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < 300 && clock.Elapsed.TotalSeconds < 1.2; round++)
        {
            var damaged = Damage(whole, random);
            var error = Record.Exception(() => pipelines[round % 2].ProcessToBytes(damaged, file));
            if (error is not null and not ImageException) Assert.Fail($"round {round} of {file}: {error}");
        }
    }

    /// <summary>Half of the damage goes into the first bytes, where the headers are.</summary>
    private static byte[] Damage(byte[] whole, Random random)
    {
        var r = (byte[])whole.Clone();
        for (var n = random.Next(1, 6); n > 0; n--)
        {
            var at = random.Next(2) == 0 ? random.Next(Math.Min(r.Length, 200)) : random.Next(r.Length);
            switch (random.Next(5))
            {
                case 0: r[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: r[at] = (byte)random.Next(256); break;
                case 2: r[at] = random.Next(2) == 0 ? (byte)0 : (byte)255; break;
                case 3: r.AsSpan(at, Math.Min(r.Length - at, random.Next(1, 9))).Fill((byte)random.Next(256)); break;
                default:
                    if (r.Length > 20) r = random.Next(2) == 0 ? r[..Math.Max(12, at)] : [.. r[..at], .. r[Math.Min(r.Length, at + random.Next(1, 20))..]];
                    break;
            }
        }
        return r;
    }
}
