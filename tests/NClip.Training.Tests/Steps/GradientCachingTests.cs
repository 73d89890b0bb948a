using NClip.Training.Operators;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Steps;

/// <summary>A batch in parts gives the whole batch's loss and gradients. (reference/accum)</summary>
public sealed class GradientCachingTests
{
    [Theory]
    [InlineData("a_openai_vit", 2)]
    [InlineData("a_openai_vit", 4)]
    [InlineData("a_openai_vit", 8)]
    [InlineData("b_openai_resnet", 4)]
    [InlineData("e1_siglip_gelu", 2)]
    [InlineData("e1_siglip_gelu", 8)]
    public void Gradients_in_parts_are_those_of_the_whole_the_logit_scale_too(string folder, int parts)
    {
        using var run = new ReferenceRun(folder, ScalarType.Float64, $"accum/{folder}.json");
        var siglip = run.Folder.StartsWith('e');
        var step = new ContrastiveStep(run.Model, new PairLoss(new TrainSettings { Loss = siglip ? "siglip" : "clip", LossChunk = siglip ? 3 : 0 }, run.Model));
        using var scope = NewDisposeScope();
        var loss = step.Run(run.Batch(0), _ => StepMode.Both(TrainingMode.None), parts);
        Assert.Equal(run.Json.GetProperty("loss").GetDouble(), loss, 1e-9);
        run.Compare(run.Json.GetProperty("big_batch_gradient"), name => run.Model.Weights[name].grad!, 1e-9);
        Assert.Equal(run.Json.GetProperty($"accum{parts}").GetProperty("logit_scale_gradient_right").GetDouble(), run.Model.Weights["logit_scale"].grad!.item<double>(), 1e-9);
    }

    [Fact]
    public void Both_passes_over_a_part_drop_the_same_patches()
    {
        using var whole = new ReferenceRun("a_openai_vit", ScalarType.Float64, "accum/a_openai_vit.json");
        using var scope = NewDisposeScope();
        StepMode Mode(int part) => StepMode.Both(new TrainingMode(PatchDropout: 0.5, Random: new Generator((ulong)part + 3)));
        var step = new ContrastiveStep(whole.Model, new PairLoss(new TrainSettings(), whole.Model));
        var loss = step.Run(whole.Batch(0), Mode, 2);
        // The loss at the cached features is the loss of the second pass too: a step along the gradient lowers it by its square.
        const double Small = 1e-6;
        var squares = 0.0;
        using (no_grad())
        {
            foreach (var (_, w) in whole.Model.Weights.Where(n => whole.Model.Weights[n].grad is not null))
            {
                squares += (w.grad! * w.grad!).sum().item<double>();
                w.PlusInPlace(w.grad!.Times(-Small));
                w.grad!.zero_();
            }
        }
        Assert.Equal(squares, (loss - step.Run(whole.Batch(0), Mode, 2)) / Small, squares * 0.01);
    }

    [Fact]
    public void The_first_pass_leaves_running_statistics_alone()
    {
        using var parts = new ReferenceRun("b_openai_resnet", ScalarType.Float64, "accum/b_openai_resnet.json");
        using var twice = new ReferenceRun("b_openai_resnet", ScalarType.Float64, "accum/b_openai_resnet.json");
        using var scope = NewDisposeScope();
        new ContrastiveStep(parts.Model, new PairLoss(new TrainSettings(), parts.Model)).Run(parts.Batch(0), _ => StepMode.Both(new TrainingMode()), 2);
        foreach (var half in new[] { 0, 4 })
            using (no_grad()) twice.Model.EncodeImages(twice.Batch(0).Part(half, 4).Pixels, new TrainingMode());
        Assert.True(Tensors.LargestDifference(twice.Model.Weights["visual.bn1.running_mean"], parts.Model.Weights["visual.bn1.running_mean"]) < 1e-15);
    }
}
