using Microsoft.ML.OnnxRuntime;
using NClip.Checkpoints;
using NClip.Export;
using NClip.Inference;
using Xunit;

namespace NClip.Tests.Export;

public sealed class OnnxExportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nclip").FullName;

    [Theory]
    [InlineData("a_openai_vit/model_f32.safetensors", "a_openai_vit", 1, 1)]
    [InlineData("a_openai_vit/model_f16.safetensors", "a_openai_vit", 1, 1)] // the token table stays as it is stored
    [InlineData("a_openai_vit/model_f16.safetensors", "a_openai_vit", 0, 1)]
    public void Plain_onnx_runtime_gives_the_models_features(string file, string @case, int inMemory, int weightFiles)
    {
        var (source, target) = (Reference.Path("model_tiny/" + file), Path.Combine(_folder, "exported"));
        using var model = ClipModel.Load(source, null, new TowerOptions(CacheFolder: Path.Combine(_folder, "cache")) { ConvertInMemory = inMemory * ConvertedWeights.InMemory });
        OnnxExport.Write(model, source, target);
        Assert.Equal(weightFiles, Directory.GetFiles(target, "*.safetensors").Length);
        using var inputs = StateDict.Open(Reference.Path($"model_tiny/{@case}/inputs.safetensors"));
        var pixels = inputs.Tensors["images"].ToFloat32();
        using var session = new InferenceSession(Path.Combine(target, "image.onnx"));
        using var x = OrtValue.CreateTensorValueFromMemory(pixels, [3, 3, 32, 32]);
        using var run = new RunOptions();
        using var y = session.Run(run, ["pixels"], [x], ["features"]);
        var expected = model.EncodeImages(pixels, 3);
        Assert.Equal(expected, y[0].GetTensorDataAsSpan<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-5);
        using var text = new InferenceSession(Path.Combine(target, "text.onnx"));
        Assert.Equal("tokens", Assert.Single(text.InputMetadata).Key);
    }

    [Fact]
    public void A_folder_that_exists_is_left_alone()
    {
        var source = Reference.Path("model_tiny/a_openai_vit/model_f32.safetensors");
        using var model = ClipModel.Load(source, null, new TowerOptions());
        Assert.Contains("exists already", Assert.Throws<ClipException>(() => OnnxExport.Write(model, source, _folder)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
