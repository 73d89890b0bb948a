using NClip.Tests;
using NClip.Training.Operators;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Operators;

/// <summary>Gradients of towers that the reference has no training run of, against differences of the loss in float64.</summary>
public sealed class FiniteDifferenceTests
{
    private const double Step = 2e-6;

    /// <summary>Convolutions with attention and merged branches; rotary positions with an attention pool; BERT with a mean; relative positions of mT5.</summary>
    [Theory]
    [InlineData("zoo/mobileclip_s0/apple_names.safetensors")]
    [InlineData("zoo/pe_core_g14/open_clip_model.safetensors")]
    [InlineData("zoo/jina_clip_v2/model.safetensors")]
    [InlineData("zoo/text_mt5/open_clip_model.safetensors")]
    [InlineData("model_tiny/h_chinese_clip/model.safetensors")]
    public void Gradients_equal_the_differences_of_the_loss(string file)
    {
        using var scope = NewDisposeScope();
        using var model = TorchTowerTests.Open(Reference.Path(file), ScalarType.Float64);
        var step = new ContrastiveStep(model, new PairLoss(new TrainSettings { Loss = model.Weights.Has("logit_bias") ? "siglip" : "clip" }, model));
        var spec = model.Spec;
        var random = new Generator(3);
        var ids = randint(5, spec.Text.Vocabulary - 5, [3, Math.Min(12, spec.Text.Context)], generator: random);
        var batch = new PairBatch(randn([3, 3, spec.Image.Height, spec.Image.Width], ScalarType.Float64, generator: random), ids, ["a", "b", "c"]);
        double Loss() => step.Run(batch, _ => StepMode.Both(TrainingMode.None));
        Loss();
        var weights = model.Weights.Where(n => model.Weights[n].requires_grad).ToArray();
        var gradients = weights.ToDictionary(w => w.Name, w => w.Value.grad!.clone());
        var directions = weights.ToDictionary(w => w.Name, w => randn(w.Value.shape, ScalarType.Float64, generator: random));
        // Some tensors one by one, from all parts of the model, then all of them at once.
        foreach (var some in weights.Where((_, i) => i % Math.Max(1, weights.Length / 24) == 0).Select(w => new[] { w }).Append(weights))
        {
            var expected = some.Sum(w => (gradients[w.Name] * directions[w.Name]).sum().item<double>());
            Move(some, Step);
            var above = Loss();
            Move(some, -2 * Step);
            var below = Loss();
            Move(some, Step);
            var actual = (above - below) / (2 * Step);
            Assert.True(Math.Abs(actual - expected) <= 1e-6 * Math.Max(0.1, Math.Abs(expected)), $"{file}: along {(some.Length == 1 ? some[0].Name : "all weights")} the loss changes by {actual:R}, the gradient says {expected:R}");
        }

        void Move((string Name, Tensor Value)[] some, double by)
        {
            using var _ = no_grad();
            foreach (var (name, value) in some) value.PlusInPlace(directions[name].Times(by));
        }
    }
}
