using Microsoft.ML.OnnxRuntime;
using NClip.Checkpoints;
using NClip.Export;
using NClip.Images;
using NClip.Inference;
using NClip.Proof;
using NClip.Towers.Image;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>SigLIP 2's NaFlex: pictures of any shape in one batch.</summary>
public sealed class NaflexTests : IDisposable
{
    private const string Folder = "zoo/siglip2_naflex/", HuggingFace = Folder + "model.safetensors", OpenClip = Folder + "open_clip_model.safetensors";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private static ClipModel Open(string weights) => ClipModel.Load(Reference.Path(weights), null, new TowerOptions(Threads: 1));

    private static string[] Samples => [.. new[] { "chelsea.png", "rocket.jpg", "coffee.png" }.Select(n => Path.Combine(Reference.Root, "samples", n))];

    private static void Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance = 2e-5)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) < tolerance, $"value {i}: {expected[i]} and {actual[i]}");
    }

    [Theory]
    [InlineData(HuggingFace, false, Interpolation.Bilinear, PipelineFlavour.HuggingFace)]
    [InlineData(OpenClip, true, Interpolation.Bicubic, PipelineFlavour.OpenAI)]
    public void The_naming_says_whose_filters_it_has(string weights, bool cubic, Interpolation pictures, PipelineFlavour flavour)
    {
        using var model = Open(weights);
        var image = Assert.IsType<NaflexTransformerSpec>(model.Spec.Image);
        Assert.Equal((4, 8, cubic ? PositionFilter.Cubic : PositionFilter.Linear), (image.Grid, image.PatchSize, image.Filter));
        var p = model.Spec.Preprocess;
        Assert.Equal((ResizeMode.Patches, new PatchSpec(8, 16), pictures, flavour), (p.Resize, p.Patches, p.Interpolation, p.Flavour));
        Assert.Equal<(int?, int?)>((null, 1), (model.Spec.Context.StartId, model.Spec.Context.EndId));
        if (flavour == PipelineFlavour.HuggingFace) Assert.Equal(0, model.Spec.Context.PadId); // Gemma's, which model_type says here and the vocabulary elsewhere
    }

    [Fact]
    public void Padding_changes_nothing_and_is_cut_to_the_longest_picture()
    {
        using var model = Open(HuggingFace);
        using var inputs = StateDict.Open(Reference.Path(Folder + "inputs.safetensors"));
        var rows = Rows(inputs, 3, 16);
        var together = model.EncodePatches(rows, Stop);
        for (var i = 0; i < 3; i++)
        {
            var alone = rows.Slice(i, 1);
            Assert.Equal((int)(rows.Shapes.Span[2 * i] * rows.Shapes.Span[(2 * i) + 1]), alone.Length);
            Assert.Equal(alone.Length, alone.Mask.Length);
            Near(together.AsSpan(i * 32, 32), model.EncodePatches(alone, Stop));
        }
        // Whatever stands in the padding, it is not seen.
        var other = inputs.Tensors["pixel_values"].ToFloat32();
        for (var i = 0; i < rows.Mask.Length; i++)
            if (rows.Mask.Span[i] == 0) other.AsSpan(i * 192, 192).Fill(7);
        Assert.Contains(7, other);
        Near(together, model.EncodePatches(rows with { Values = other }, Stop));
    }

    [Theory, InlineData(HuggingFace), InlineData(OpenClip)]
    public void Whole_pictures_of_the_towers_size_are_cut_into_patches(string weights)
    {
        using var model = Open(weights);
        using var inputs = StateDict.Open(Reference.Path(Folder + "inputs.safetensors"));
        var together = model.EncodePatches(Rows(inputs, 3, 16), Stop);
        Near(together.AsSpan(0, 32), model.EncodeImages(inputs.Tensors["image.0"].ToFloat32(), 1, Stop)); // 32 x 32
        Near(together.AsSpan(32, 32), model.EncodeImages(new ImageBatch(inputs.Tensors["image.1"].ToFloat32(), 1, 16, 56), Stop));
        Near(together.AsSpan(64, 32), model.EncodeImages(new ImageBatch(inputs.Tensors["image.2"].ToFloat32(), 1, 40, 24), Stop));
    }

    [Fact]
    public async Task Pictures_of_several_shapes_in_one_batch_equal_one_by_one()
    {
        using var clip = Clip.Open(Reference.Path(HuggingFace), null, new ClipOptions(BatchSize: 2));
        var batch = clip.Preprocess(Samples);
        Assert.Equal((8, 8, 3 * 16 * 192), (batch.Height, batch.Width, batch.Pixels.Length));
        Assert.Equal(3, batch.Sizes!.Count);
        var all = clip.EncodeImage(Samples);
        Near(all.Values, clip.EncodeImage(batch, Stop).Values, 1e-9);
        var stream = new List<EncodedImage>();
        await foreach (var e in clip.EncodeImagesAsync((string[])[Samples[0], "missing.png", .. Samples[1..]], Stop)) stream.Add(e);
        Assert.NotNull(stream[1].Error);
        stream.RemoveAt(1);
        for (var i = 0; i < 3; i++)
        {
            Near(all.Row(i), clip.EncodeImage(Samples[i]).Row(0));
            Near(all.Row(i), stream[i].Features.Span);
        }
    }

    [Fact]
    public void The_number_of_patches_is_the_callers()
    {
        using var few = Clip.Open(Reference.Path(HuggingFace), null, new ClipOptions { MaxPatches = 6 });
        using var many = Clip.Open(Reference.Path(HuggingFace), null, new ClipOptions { MaxPatches = 300 });
        Assert.All(few.Preprocess(Samples).Sizes!, s => Assert.InRange(s.Width * s.Height / 64, 4, 6));
        Assert.All(many.Preprocess(Samples).Sizes!, s => Assert.InRange(s.Width * s.Height / 64, 250, 300));
        Assert.NotEqual(few.EncodeImage(Samples[0]).Values.ToArray(), many.EncodeImage(Samples[0]).Values.ToArray());
        Assert.Contains("one size", Assert.Throws<ClipException>(() => Clip.Open(Reference.Path("zoo/siglip2_b32/open_clip_model.safetensors"), null, new ClipOptions { MaxPatches = 6 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_that_are_no_whole_patches_are_refused()
    {
        using var model = Open(HuggingFace);
        foreach (var batch in (ImageBatch[])[new(new float[3 * 32 * 30], 1, 30, 32), new(new float[192 * 4], 1, 8, 8) { Sizes = [new(40, 8)] }, new(new float[192 * 4], 1, 8, 8) { Sizes = [] }, new(new float[100], 1, 8, 8) { Sizes = [new(8, 8)] }])
            Assert.Throws<ArgumentException>(() => model.EncodeImages(batch, Stop));
        using var other = Open("zoo/siglip2_b32/open_clip_model.safetensors");
        Assert.Contains("as patches", Assert.Throws<ArgumentException>(() => other.EncodeImages(new ImageBatch(new float[3 * 64 * 64], 1, 8, 8) { Sizes = [new(64, 64)] }, Stop)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spatial_shapes", "has no tensor 'spatial_shapes'")]
    [InlineData("pixel_attention_mask", "has no tensor 'pixel_attention_mask'")]
    public void A_reference_without_one_of_the_inputs_is_refused(string missing, string said)
    {
        using var model = Open(HuggingFace);
        using (var inputs = StateDict.Open(Reference.Path(Folder + "inputs.safetensors")))
            Safetensors.Write(_folder["inputs.safetensors"], [.. inputs.Tensors.Values.Where(t => t.Name != missing).Select(t => (t.Name, t.Type, t.Shape, t.Bytes()))]);
        File.Copy(Reference.Path(Folder + "expected.safetensors"), _folder["expected.safetensors"]);
        Assert.Contains(said, Assert.Throws<CheckpointException>(() => ModelVerification.Run(model, _folder["expected.safetensors"])).Message, StringComparison.Ordinal);
        using var other = Open("zoo/siglip2_b32/open_clip_model.safetensors");
        Assert.Contains("as 'images'", Assert.Throws<CheckpointException>(() => ModelVerification.Run(other, _folder["expected.safetensors"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_exported_tower_takes_what_transformers_gives()
    {
        using var model = Open(HuggingFace);
        OnnxExport.Write(model, Reference.Path(HuggingFace), _folder["exported"]);
        using var session = new InferenceSession(_folder["exported/image.onnx"]);
        Assert.Equal(["pixel_attention_mask", "pixel_values", "spatial_shapes"], session.InputMetadata.Keys.Order());
        using var inputs = StateDict.Open(Reference.Path(Folder + "inputs.safetensors"));
        var rows = Rows(inputs, 3, 16);
        using var values = PartSession.Value(rows.Values, 3, 16, 192);
        using var mask = PartSession.Value(rows.Mask, 3, 16);
        using var shapes = PartSession.Value(rows.Shapes, 3, 2);
        using var run = new RunOptions();
        using var y = session.Run(run, ["pixel_values", "pixel_attention_mask", "spatial_shapes"], [values, mask, shapes], ["features"]);
        Near(model.EncodePatches(rows, Stop), y[0].GetTensorDataAsSpan<float>());
    }

    [Fact]
    public void A_processors_patch_that_is_not_the_towers_is_refused()
    {
        foreach (var f in (string[])["model.safetensors", "config.json"]) _folder.Copy(Folder + f, f);
        _folder.Add("preprocessor_config.json", """{"patch_size":16,"max_num_patches":16}""");
        Assert.Contains("patches of 8", Assert.Throws<CheckpointException>(() => ClipModel.Load(_folder.Path, null, new())).Message, StringComparison.Ordinal);
    }

    private static PatchRows Rows(StateDict inputs, int count, int length)
    {
        long[] Integers(string name) => Array.ConvertAll(inputs.Tensors[name].ToFloat32(), v => (long)v);
        return new(inputs.Tensors["pixel_values"].ToFloat32(), Integers("pixel_attention_mask"), Integers("spatial_shapes"), count, length);
    }
}
