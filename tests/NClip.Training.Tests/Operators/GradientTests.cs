using NClip.Training.Operators;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Operators;

/// <summary>Gradients of the first training step, in float64, against the reference's. (reference/train)</summary>
public sealed class GradientTests
{
    [Theory]
    [InlineData("a_openai_vit")]
    [InlineData("b_openai_resnet")]
    [InlineData("e1_siglip_gelu")]
    public void Loss_and_gradients_of_the_first_step_equal_the_reference(string folder)
    {
        using var run = new ReferenceRun(folder, ScalarType.Float64, $"train/{folder}.json");
        using var scope = NewDisposeScope();
        var loss = Step(run).Run(run.Batch(0), _ => StepMode.Both(new TrainingMode()));
        var first = run.Json.GetProperty("log_f64")[0];
        Assert.Equal(first.GetProperty("loss").GetDouble(), loss, 1e-9);
        var expected = run.Json.GetProperty("first_gradient_f64");
        var squares = run.Compare(expected, name => run.Model.Weights[name].grad ?? throw new InvalidOperationException($"'{name}' has no gradient."), 1e-7);
        Assert.Equal(run.Stored.Count(s => run.Model.Weights[s.Canonical].requires_grad), expected.EnumerateObject().Count());
        Assert.Equal(first.GetProperty("grad_norm").GetDouble(), Math.Sqrt(squares), 1e-6);
    }

    [Theory]
    [InlineData("a_openai_vit")]
    [InlineData("e1_siglip_gelu")]
    public void Blocks_that_are_computed_again_give_the_same_gradients(string folder)
    {
        using var run = new ReferenceRun(folder, ScalarType.Float64, $"train/{folder}.json");
        using var scope = NewDisposeScope();
        var loss = Step(run).Run(run.Batch(0), _ => StepMode.Both(new TrainingMode { Recompute = true }));
        Assert.Equal(run.Json.GetProperty("log_f64")[0].GetProperty("loss").GetDouble(), loss, 1e-9);
        run.Compare(run.Json.GetProperty("first_gradient_f64"), name => run.Model.Weights[name].grad ?? throw new InvalidOperationException($"'{name}' has no gradient."), 1e-7);
    }

    [Theory]
    [InlineData("a_openai_vit")]
    [InlineData("b_openai_resnet")]
    [InlineData("e1_siglip_gelu")]
    public void Products_in_bfloat16_give_nearly_the_same_gradients_in_float32(string folder)
    {
        using var run = new ReferenceRun(folder, ScalarType.Float32, $"train/{folder}.json");
        using var scope = NewDisposeScope();
        var batch = run.Batch(0);
        Step(run).Run(batch, _ => StepMode.Both(TrainingMode.None));
        var exact = run.Model.Weights.Where(n => run.Model.Weights[n].requires_grad).ToDictionary(w => w.Name, w => w.Value.grad!.clone());
        foreach (var (_, value) in run.Model.Weights.Where(exact.ContainsKey)) value.grad!.zero_();
        Step(run).Run(batch, _ => StepMode.Both(TrainingMode.None with { BFloat16 = true }));
        var (dot, a, b) = (0.0, 0.0, 0.0);
        foreach (var (name, value) in run.Model.Weights.Where(exact.ContainsKey))
        {
            var (g, e) = (value.grad!, exact[name]);
            Assert.Equal(ScalarType.Float32, g.dtype);
            (dot, a, b) = (dot + (g * e).sum().item<float>(), a + (g * g).sum().item<float>(), b + (e * e).sum().item<float>());
        }
        var cosine = dot / Math.Sqrt(a * b);
        Assert.InRange(cosine, 0.99, 0.9999999);   // near, and not the same arithmetic
    }

    private static ContrastiveStep Step(ReferenceRun run) => new(run.Model, new PairLoss(new TrainSettings { Loss = run.Folder.StartsWith('e') ? "siglip" : "clip" }, run.Model));
}
