using NClip.Checkpoints;
using NClip.Tests;
using NClip.Training.Operators;
using NClip.Training.RunFiles;
using NClip.Training.Steps;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Distributed;

/// <summary>The loss of each process and the gradients that reach its features, in float64. (reference/losses/distributed_*)</summary>
public sealed class SharedLossTests
{
    [Theory]
    [InlineData("infonce", "w2.local1.gradgather1", 2)]
    [InlineData("infonce", "w4.local1.gradgather1", 4)]
    [InlineData("siglip", "w2", 2)]
    [InlineData("siglip", "w4", 4)]
    public void Each_process_s_loss_and_gradients_equal_the_reference(string loss, string mode, int size)
    {
        using var file = StateDict.Open(Reference.Path($"losses/distributed_{loss}_8x16.safetensors"));
        using var scope = NewDisposeScope();
        Tensor Want(string name) => file.Torch($"out.{mode}.{name}").DetachFromDisposeScope();
        var (losses, imageGradient, textGradient, scaleGradient) = (Want("losses"), Want("grad.image_features"), Want("grad.text_features"), Want("grad.logit_scale_per_rank"));
        ThreadRanks.Each(size, ranks =>
        {
            using var inner = NewDisposeScope();
            using var weights = new ParameterStore();
            weights.Add("logit_scale", file.Torch("in.logit_scale"));
            if (loss == "siglip") weights.Add("logit_bias", file.Torch("in.logit_bias"));
            var (each, from) = (8 / size, ranks.Rank * 8 / size);
            int[] counts = [.. Enumerable.Repeat(each, size)];
            Tensor All(string name) => ranks.Rows(file.Torch(name).narrow(0, from, each), counts).requires_grad_(true);
            var (images, texts) = (All("in.image_features"), All("in.text_features"));
            var batch = new PairBatch(zeros(each, 3, 1, 1), zeros(each, 1), [.. Enumerable.Range(0, 8).Select(i => $"{i}")], null, counts);
            // the reference's loss of a process is a mean over its rows, ours its share of the whole batch's mean
            var own = new PairLoss(new TrainSettings { Loss = loss == "siglip" ? "siglip" : "clip" }, new TorchModel(null!, weights)).Part(images, texts, batch, null, from, each).Times(size);
            own.backward();
            ranks.Sum(images.grad!);
            ranks.Sum(texts.grad!);
            Close(own.detach(), losses[ranks.Rank], "loss");
            Close(images.grad!, imageGradient, "gradient of the pictures");
            Close(texts.grad!, textGradient, "gradient of the texts");
            Close(weights["logit_scale"].grad!, scaleGradient[ranks.Rank], "gradient of the logit scale");
            if (loss == "siglip") Close(weights["logit_bias"].grad!, file.Torch($"out.{mode}.grad.logit_bias_per_rank")[ranks.Rank], "gradient of the logit bias");
            return 0;
        });
    }

    private static void Close(Tensor actual, Tensor expected, string what) => Assert.True(Tensors.LargestDifference(actual, expected) < 1e-11, $"{what}: {Tensors.LargestDifference(actual, expected)}");
}
