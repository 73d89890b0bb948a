using NClip.Images;
using Xunit;
using static NClip.Tests.Images.PreprocessReference;

namespace NClip.Tests.Images;

public sealed class ReferencePolicyTests
{
    public static TheoryData<string> Pictures => [.. Sources.Select(s => s.File)];

    [Theory, MemberData(nameof(Pictures))]
    public void Decoded_pixels_equal_Pillow(string file)
    {
        var source = Sources.Single(s => s.File == file);
        using var rows = RgbConversion.Of(Open(file));
        Assert.Equal(source.RgbSha256, RgbSha256(rows));
    }

    [Theory, MemberData(nameof(Pictures))]
    public void Every_pipeline_and_size_is_bit_equal(string file)
    {
        var wrong = new List<string>();
        foreach (var e in Entries[file])
        {
            var name = e.Pipeline.Split('+');
            var pipeline = new ImagePipeline(SpecOf(name[0], e.Size), ImagePolicy.Reference);
            if (e.Error is not null)
            {
                // Pillow refuses a side of 0 pixels, where NClip takes 1; and 16-bit grey TIFF, where NClip refuses too.
                if (e.Error.Contains("wrong mode", StringComparison.Ordinal)) Assert.Throws<ImageException>(() => pipeline.ProcessToBytes(ImagePath(file)));
                else Assert.Equal(pipeline.Length, pipeline.ProcessToBytes(ImagePath(file)).Length);
                continue;
            }
            var floats = new float[pipeline.Length];
            byte[] bytes;
            if (name.Length == 1)
            {
                bytes = pipeline.ProcessToBytes(ImagePath(file));
                pipeline.Process(ImagePath(file), floats);
            }
            else
            {
                bytes = pipeline.Bytes(name[1] == "exif" ? Upright.Of(Open(file, ImagePolicy.Natural)) : NaturalView.Of(Open(file)), file);
                pipeline.Process(new RgbImage(e.Size, e.Size, bytes), floats);
            }
            if (Sha256(bytes) != e.U8 || Sha256(floats) != e.F32) wrong.Add($"{e.Pipeline} at {e.Size}");
        }
        Assert.True(wrong.Count == 0, $"{file} is not bit-equal in {wrong.Count} of {Entries[file].Count()}: {string.Join(", ", wrong)}");
    }

    /// <summary>The figures of docs/parity.md: the tests above compare all of this.</summary>
    [Fact]
    public void The_reference_has_107_pictures_1402_results_and_14_that_Pillow_refuses()
    {
        Assert.Equal((75, 29, 3), (Count("lossless"), Count("jpeg"), Count("lossy-webp")));
        var entries = Sources.SelectMany(s => Entries[s.File]).ToArray();
        Assert.Equal((1402, 14), (entries.Count(e => e is { U8: not null, F32: not null }), entries.Count(e => e.Error is not null)));

        static int Count(string decode) => Sources.Count(s => s.Decode == decode);
    }

    [Fact]
    public void Normalised_values_equal_torchvision_and_transformers()
    {
        var lut = Root("normalise_lut.json");
        foreach (var (name, mean, std) in new (string, float[], float[])[]
        {
            ("openai", PreprocessSpec.OpenAI().Mean, PreprocessSpec.OpenAI().Std), ("hf", PreprocessSpec.OpenAI().Mean, PreprocessSpec.OpenAI().Std),
            ("mean0.5_std0.5", [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]), ("imagenet", [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]),
        })
        {
            var pipeline = new ImagePipeline(new PreprocessSpec(256, 1, mean, std, ResizeMode.Squash));
            var found = new float[pipeline.Length];
            pipeline.Process(new RgbImage(256, 1, Enumerable.Range(0, 768).Select(i => (byte)(i / 3)).ToArray()), found);
            var expected = lut.GetProperty(name).EnumerateArray().SelectMany(c => c.EnumerateArray()).Select(v => v.GetUInt32());
            Assert.Equal(expected, found.Select(BitConverter.SingleToUInt32Bits));
        }
    }

    private static PixelRows Open(string file, ImagePolicy policy = ImagePolicy.Reference) => ImageDecoder.Open(File.ReadAllBytes(ImagePath(file)), new DecodeRequest(file, policy, new ImageOptions()));

    private static string RgbSha256(PixelRows rows)
    {
        var rgb = new byte[3 * rows.Width * rows.Height];
        for (var y = 0; y < rows.Height; y++) RgbConversion.PackRow(rows, y, rgb.AsSpan(3 * rows.Width * y, 3 * rows.Width));
        return Sha256(rgb);
    }
}
