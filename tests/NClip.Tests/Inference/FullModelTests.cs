using System.Text.Json;
using NClip.Checkpoints;
using NClip.Inference;
using NClip.Proof;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>Models of real size, weights by formula. Two run always; the other seven take minutes and gigabytes, and run where the environment variable NCLIP_FULL_MODELS is 1.</summary>
public sealed class FullModelTests
{
    private static readonly string[] _always = ["openai-ViT-B-32", "openai-RN50"];

    private static readonly string[] _others = ["openai-ViT-B-16", "openai-RN101", "openai-RN50x4", "openai-ViT-L-14", "openai-ViT-L-14-336px", "open_clip-ViT-B-32", "open_clip-ViT-B-16-SigLIP"];

    public static TheoryData<string> Models() => [.. _always, .. Environment.GetEnvironmentVariable("NCLIP_FULL_MODELS") == "1" ? _others : []];

    [Theory, MemberData(nameof(Models))]
    public void A_model_of_real_size_equals_the_f64_reference(string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Reference.Path($"full/{name}.json")));
        var root = json.RootElement;
        using var temporary = new TemporaryFolder();
        FormulaWeights.Write(temporary["model.safetensors"], "", [.. root.GetProperty("tensors").EnumerateArray().Select(FormulaCase.Tensor)]);
        if (name.StartsWith("open_clip", StringComparison.Ordinal)) File.WriteAllText(temporary["open_clip_config.json"], $$"""{"model_cfg": {{root.GetProperty("config").GetRawText()}}}""");

        using var model = ClipModel.Load(temporary["model.safetensors"], null, new TowerOptions(BatchSize: 2, Prepack: false));
        long[] shape = [.. root.GetProperty("image_shape").EnumerateArray().Select(d => d.GetInt64())];
        var rows = root.GetProperty("tokens").EnumerateArray().Select(r => r.EnumerateArray().Select(t => t.GetInt64()).ToArray()).ToArray();
        var image = model.EncodeImages(FormulaWeights.Images(shape), (int)shape[0], TestContext.Current.CancellationToken);
        var text = model.EncodeTexts(rows.SelectMany(r => r).ToArray(), rows.Length, TestContext.Current.CancellationToken);

        using var expected = StateDict.Open(Reference.Path($"full/{name}.expected.safetensors"));
        var report = ModelVerification.Compare(model, image, text, expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {string.Join(", ", report.Tensors)}");
        Assert.Equal(5, report.Tensors.Count);
        Assert.All(report.Tensors, t => Assert.True(t.Passed, $"{name}: {t}"));
    }
}
