using NClip.Training.Distributed;
using NClip.Training.Operators;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Distributed;

/// <summary>When gradients are given to the other processes.</summary>
public sealed class GradientSumTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Those_of_the_image_tower_are_on_their_way_while_the_text_tower_s_are_made(int parts)
    {
        var seen = ThreadRanks.Each(2, (ranks, member) =>
        {
            using var run = new ReferenceRun("a_openai_vit", ScalarType.Float64, "accum/a_openai_vit.json");
            using var scope = NewDisposeScope();
            double Norm(string name) => run.Model.Weights[name].grad?.norm().item<double>() ?? 0;
            double[] Norms() => [Norm("visual.proj"), Norm("text_projection")];
            var gradients = new GradientSum(ranks, run.Model.Weights);
            double[] begun = [];
            member.SumsBegin = () => begun = Norms();
            var batch = run.Batch(0).Part(4 * ranks.Rank, 4) with { Counts = [4, 4] };
            new ContrastiveStep(run.Model, new PairLoss(new TrainSettings(), run.Model), ranks, gradients).Run(batch, _ => StepMode.Both(TrainingMode.None), parts);
            return (Begun: begun, Own: Norms());
        });
        Assert.All(seen, s =>
        {
            Assert.Equal(s.Own[0], s.Begun[0]); // complete
            Assert.NotEqual(s.Own[1], s.Begun[1]); // not yet
        });
    }
}
