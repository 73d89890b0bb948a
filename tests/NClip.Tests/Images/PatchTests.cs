using System.Text.Json;
using NClip.Checkpoints;
using NClip.Images;
using Xunit;

namespace NClip.Tests.Images;

/// <summary>Pictures of any shape as patches, beside transformers' Siglip2ImageProcessor.</summary>
public sealed class PatchTests
{
    private static readonly PreprocessSpec _spec = new(32, 32, [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f], ResizeMode.Patches, Interpolation.Bilinear, PipelineFlavour.HuggingFace) { Patches = new(8, 16) };

    [Fact]
    public void A_picture_gets_the_size_in_patches_that_the_reference_gives_it()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Reference.Path("zoo/siglip2_naflex/sizes.json")));
        var cases = json.RootElement.EnumerateArray().ToArray();
        Assert.True(cases.Length > 30);
        foreach (var c in cases)
        {
            int Number(string name) => c.GetProperty(name).GetInt32();
            var target = c.GetProperty("target");
            var size = new PatchSpec(Number("patch"), Number("max_patches")).SizeOf(Number("width"), Number("height"));
            Assert.True(new PictureSize(target[1].GetInt32(), target[0].GetInt32()) == size, $"{c} became {size}");
        }
    }

    [Theory, InlineData(ImagePolicy.Natural), InlineData(ImagePolicy.Reference)]
    public void The_patches_of_a_picture_equal_those_of_the_reference_to_the_bit(ImagePolicy policy)
    {
        using var inputs = StateDict.Open(Reference.Path("zoo/siglip2_naflex/preprocess_inputs.safetensors"));
        using var expected = StateDict.Open(Reference.Path("zoo/siglip2_naflex/preprocess_expected.safetensors"));
        var pipeline = new ImagePipeline(_spec, policy);
        Assert.Equal(7, inputs.Tensors.Count);
        for (var i = 0; i < 7; i++)
        {
            var picture = inputs.Tensors[$"picture.{i}"];
            var values = Enumerable.Repeat(float.NaN, pipeline.Length).ToArray(); // the padding is written too
            var size = pipeline.Process(new RgbImage((int)picture.Shape[1], (int)picture.Shape[0], picture.Bytes()), values);
            Assert.Equal(expected.Tensors[$"pixel_values.{i}"].ToFloat32(), values);
            Assert.Equal(expected.Tensors[$"spatial_shapes.{i}"].ToFloat32(), new float[] { size.Height / 8, size.Width / 8 });
            Assert.Equal((int)expected.Tensors[$"pixel_attention_mask.{i}"].ToFloat32().Sum(), size.Height / 8 * size.Width / 8);
        }
    }

    [Fact]
    public void A_grey_picture_has_three_equal_colours_in_its_patches()
    {
        // Reference policy: a grey picture stays grey until it is normalised.
        var pipeline = new ImagePipeline(_spec with { Flavour = PipelineFlavour.OpenAI }, ImagePolicy.Reference);
        var values = new float[pipeline.Length];
        using var file = new MemoryStream("P5 4 2 255\n\u0000\u0010\u0020\u0030\u0040\u0050\u0060\u007f"u8.ToArray());
        var size = pipeline.Process(file, values);
        var used = values.AsSpan(0, 3 * size.Width * size.Height);
        for (var i = 0; i < used.Length; i += 3) Assert.True(used[i] == used[i + 1] && used[i] == used[i + 2]);
        Assert.Equal(-1, used[0]);
    }

    [Fact]
    public void More_patches_are_more_of_the_picture_and_a_model_of_one_size_refuses_them()
    {
        var picture = new RgbImage(400, 300, new byte[3 * 400 * 300]);
        PictureSize Of(PreprocessSpec spec) => new ImagePipeline(spec) is var p ? p.Process(picture, new float[p.Length]) : default;
        Assert.Equal(new PictureSize(32, 24), Of(_spec));
        Assert.Equal(new PictureSize(144, 112), Of(_spec.WithMaxPatches(256)));
        Assert.Same(_spec, _spec.WithMaxPatches(null));
        Assert.Contains("one size, 224 x 224", Assert.Throws<ClipException>(() => PreprocessSpec.OpenAI().WithMaxPatches(256)).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(0, 16), InlineData(5000, 16), InlineData(16, 0), InlineData(1024, 100_000)]
    public void Patches_that_cannot_be_are_refused(int side, int most) =>
        Assert.Contains("1..4096 patches", Assert.Throws<ClipException>(() => new ImagePipeline(_spec with { Patches = new(side, most) })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_spec_that_resizes_to_patches_has_to_say_which() =>
        Assert.Contains("Patches", Assert.Throws<ClipException>(() => new ImagePipeline(_spec with { Patches = null })).Message, StringComparison.Ordinal);
}
