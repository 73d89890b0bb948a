using NClip.Training.Distributed;
using NClip.Training.Operators;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Distributed;

/// <summary>A batch of several processes gives every one of them the whole batch's loss and gradients, in float64. (reference/accum)</summary>
public sealed class SharedStepTests
{
    [Theory]
    [InlineData("a_openai_vit", new[] { 4, 4 }, 1)]
    [InlineData("a_openai_vit", new[] { 2, 2, 2, 2 }, 2)]
    [InlineData("a_openai_vit", new[] { 5, 3 }, 2)]
    [InlineData("a_openai_vit", new[] { 0, 8 }, 1)]
    [InlineData("e1_siglip_gelu", new[] { 4, 4 }, 2)]
    [InlineData("e1_siglip_gelu", new[] { 3, 4, 1 }, 1)]
    public void Gradients_are_those_of_the_whole_batch(string folder, int[] counts, int parts) => ThreadRanks.Each(counts.Length, ranks =>
    {
        using var run = new ReferenceRun(folder, ScalarType.Float64, $"accum/{folder}.json");
        using var scope = NewDisposeScope();
        var siglip = folder.StartsWith('e');
        var gradients = new GradientSum(ranks, run.Model.Weights);
        var step = new ContrastiveStep(run.Model, new PairLoss(new TrainSettings { Loss = siglip ? "siglip" : "clip", LossChunk = siglip ? 3 : 0 }, run.Model), ranks, gradients);
        var batch = run.Batch(0).Part(counts.Take(ranks.Rank).Sum(), counts[ranks.Rank]) with { Counts = counts };
        var loss = step.Run(batch, _ => StepMode.Both(TrainingMode.None), parts);
        gradients.Run(counts);
        Assert.Equal(run.Json.GetProperty("loss").GetDouble(), loss, 1e-9);
        run.Compare(run.Json.GetProperty("big_batch_gradient"), name => run.Model.Weights[name].grad!, 1e-9);
        return 0;
    });

    [Fact]
    public void Running_statistics_become_the_mean_of_the_processes()
    {
        int[] counts = [4, 4];
        Tensor Statistic(Ranks ranks, int from, bool together)
        {
            using var run = new ReferenceRun("b_openai_resnet", ScalarType.Float64, "accum/b_openai_resnet.json");
            using var scope = NewDisposeScope();
            if (!together) using (no_grad()) run.Model.EncodeImages(run.Batch(0).Part(from, 4).Pixels, new TrainingMode());
            else
            {
                new ContrastiveStep(run.Model, new PairLoss(new TrainSettings(), run.Model), ranks).Run(run.Batch(0).Part(from, 4) with { Counts = counts }, _ => StepMode.Both(new TrainingMode()));
                new GradientSum(ranks, run.Model.Weights).Run(counts);
            }
            return run.Model.Weights["visual.bn1.running_var"].detach().clone().DetachFromDisposeScope();
        }
        var each = ThreadRanks.Each(2, ranks => (Alone: Statistic(ranks, 4 * ranks.Rank, false), Together: Statistic(ranks, 4 * ranks.Rank, true)));
        var mean = each[0].Alone.Plus(each[1].Alone).Over(2);
        Assert.All(each, e => Assert.True(Tensors.LargestDifference(mean, e.Together) < 1e-14));
    }
}
