using NClip.Inference;
using Xunit;

namespace NClip.Tests.Inference;

public sealed class TinyModelTests
{
    /// <summary>Folder, weights, configuration (null: beside the weights or none), expected values.</summary>
    public static TheoryData<string, string, string?, string> Cases() => new()
    {
        { "a_openai_vit", "model_f32.safetensors", null, "expected" },
        { "a_openai_vit", "model_f16.safetensors", null, "expected_f16_weights" },
        { "a_openai_vit", "model_bf16.safetensors", null, "expected_bf16_weights" },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Features_and_logits_of_a_tiny_model_equal_the_f64_reference(string folder, string weights, string? config, string expected)
    {
        var at = Reference.Shared("model_tiny/" + folder) ?? Reference.Path("model_tiny/" + folder);
        using var model = ClipModel.Load(Path.Combine(at, weights), config is null ? null : Path.Combine(at, config), new ClipOptions(Threads: 1));
        var report = ModelVerification.Run(model, Path.Combine(at, expected + ".safetensors"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{folder}/{weights}: {string.Join(", ", report.Tensors)}");
        Assert.Equal(5, report.Tensors.Count);
        Assert.All(report.Tensors, t => Assert.True(t.Passed, $"{folder}/{weights}: {t}"));
    }
}
