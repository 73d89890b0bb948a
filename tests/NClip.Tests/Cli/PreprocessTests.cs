using NClip.Checkpoints;
using NClip.Images;
using Xunit;

namespace NClip.Tests.Cli;

public sealed class PreprocessTests
{
    [Theory]
    [InlineData("clip", ResizeMode.Shortest, PipelineFlavour.OpenAI)]
    [InlineData("hf", ResizeMode.Shortest, PipelineFlavour.HuggingFace)]
    [InlineData("squash", ResizeMode.Squash, PipelineFlavour.OpenAI)]
    [InlineData("longest", ResizeMode.Longest, PipelineFlavour.OpenAI)]
    public async Task Tensors_have_the_files_names_and_the_librarys_values(string pipeline, ResizeMode resize, PipelineFlavour flavour)
    {
        using var folder = new TemporaryFolder();
        var r = await Call.Nclip("preprocess", Path.Combine(Reference.Root, "samples"), "-o", folder["x.safetensors"], "--size", "32", "--pipeline", pipeline, "--image-policy", "reference");
        Assert.Equal((0, "", ""), (r.Code, r.Output, r.Error));
        using var x = StateDict.Open(folder["x.safetensors"]);
        Assert.Equal(["chelsea.png", "coffee.png", "rocket.jpg"], x.Tensors.Keys.Order());
        var t = x.Tensors["rocket.jpg"];
        Assert.Equal((TensorType.Float32, "3 32 32"), (t.Type, string.Join(' ', t.Shape)));
        var expected = new float[3 * 32 * 32];
        new ImagePipeline(PreprocessSpec.OpenAI(32) with { Resize = resize, Flavour = flavour }, ImagePolicy.Reference).Process(Call.Sample("rocket.jpg"), expected);
        Assert.Equal(expected, t.ToFloat32());
    }

    [Fact]
    public async Task U8_writes_the_bytes_before_normalisation()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await Call.Nclip("preprocess", Call.Sample("chelsea.png"), "-o", folder["x.safetensors"], "--size", "24", "--u8")).Code);
        using var x = StateDict.Open(folder["x.safetensors"]);
        var t = x.Tensors["chelsea.png"];
        Assert.Equal((TensorType.UInt8, "24 24 3"), (t.Type, string.Join(' ', t.Shape)));
        Assert.Equal(new ImagePipeline(PreprocessSpec.OpenAI(24)).ProcessToBytes(Call.Sample("chelsea.png")), t.Bytes().ToArray());
    }

    [Fact]
    public async Task Files_of_one_name_keep_their_paths_and_a_bad_one_is_left_out()
    {
        using var folder = new TemporaryFolder();
        foreach (var d in (string[])["a", "b"])
        {
            Directory.CreateDirectory(folder[d]);
            File.Copy(Call.Sample("rocket.jpg"), folder[$"{d}/x.jpg"]);
        }
        var r = await Call.Nclip("preprocess", folder["a"], folder["b"], folder.Write("bad.png", "no picture"), "-o", folder["x.safetensors"], "--pipeline", "clip", "--size", "8");
        Assert.Equal(1, r.Code);
        Assert.Contains("bad.png", Assert.Single(r.ErrorLines));
        using var x = StateDict.Open(folder["x.safetensors"]);
        Assert.Equal([folder["a/x.jpg"], folder["b/x.jpg"]], x.Tensors.Keys.Order());
    }

    [Fact]
    public async Task A_models_own_preprocessing_is_used_where_it_is_named()
    {
        using var folder = new TemporaryFolder();
        var r = await Call.Nclip("preprocess", Call.Sample("rocket.jpg"), "-o", folder["x.safetensors"], "--model", Call.Model);
        Assert.Equal((0, "", ""), (r.Code, r.Output, r.Error));
        using var clip = Clip.Open(Call.Model);
        var pipeline = new ImagePipeline(clip.Spec.Preprocess);
        var expected = new float[pipeline.Length];
        pipeline.Process(Call.Sample("rocket.jpg"), expected);
        using var x = StateDict.Open(folder["x.safetensors"]);
        Assert.Equal(expected, x.Tensors["rocket.jpg"].ToFloat32());
    }

    [Fact]
    public async Task Whose_preprocessing_it_is_is_said_where_the_call_does_not()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("openai/CLIP", Assert.Single((await Call.Nclip("preprocess", Call.Sample("rocket.jpg"), "-o", folder["x.safetensors"], "--size", "8")).ErrorLines));
    }
}
