using NClip.Training.Distributed;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Steps;

/// <summary>What training does beside inference, in each tower.</summary>
/// <param name="Image">In the image tower.</param>
/// <param name="Text">In the text tower.</param>
internal sealed record StepMode(TrainingMode Image, TrainingMode Text)
{
    /// <summary>The same in both.</summary>
    public static StepMode Both(TrainingMode mode) => new(mode, mode);

    /// <summary>As it is, but running statistics stay.</summary>
    public StepMode WithoutStatistics() => new(Image with { MovesStatistics = false }, Text with { MovesStatistics = false });
}

/// <summary>
/// Loss and gradients of one batch. In parts, the batch is encoded twice: without gradients for all its features, then part by part with the loss's gradient
/// at them; so the loss sees the whole batch, and every gradient is the whole batch's, the logit scale's too. (Gao et al. 2021, GradCache) Several processes do
/// likewise: each encodes its pairs, gathers the features of all, takes the loss of its own rows against all, and the gradients at the features are summed.
/// </summary>
/// <param name="model">What is trained; its gradients are added to.</param>
/// <param name="loss">Of the whole batch.</param>
/// <param name="ranks">Who else has pairs of the batch; null for nobody.</param>
/// <param name="sum">Is told when the image tower's gradients are complete; null for nobody.</param>
internal sealed class ContrastiveStep(TorchModel model, PairLoss loss, Ranks? ranks = null, GradientSum? sum = null)
{
    /// <summary>Computes the gradients; with several processes this one's share of the parameters', which are still to be summed.</summary>
    /// <param name="batch">The pairs.</param>
    /// <param name="mode">What training does beside inference, for a part of the batch; equal calls have to draw equal chances.</param>
    /// <param name="parts">Parts that the batch is encoded in.</param>
    /// <param name="teacher">Logits of a teacher, or null.</param>
    /// <returns>The loss of the whole batch.</returns>
    public double Run(PairBatch batch, Func<int, StepMode> mode, int parts = 1, Tensor? teacher = null)
    {
        using var scope = NewDisposeScope();
        if (ranks is { Size: > 1 }) return Shared(ranks, batch, mode, parts, teacher);
        if (parts == 1)
        {
            var (images, texts) = Encode(batch, mode(0));
            var whole = loss.Forward(images, texts, batch, teacher);
            whole.backward();
            return Value(whole);
        }
        var (cachedImages, cachedTexts) = Features(batch, mode, parts);
        cachedImages.requires_grad_(true);
        cachedTexts.requires_grad_(true);
        var value = loss.Forward(cachedImages, cachedTexts, batch, teacher);
        value.backward();
        BackInParts(batch, mode, parts, cachedImages.grad!, cachedTexts.grad!);
        return Value(value);
    }

    private double Shared(Ranks all, PairBatch batch, Func<int, StepMode> mode, int parts, Tensor? teacher)
    {
        var counts = batch.Counts ?? throw new InvalidOperationException("a batch of several processes says how many pairs each has");
        var (from, count) = (counts.Take(all.Rank).Sum(), batch.Count);
        if (count == 0) parts = 1;
        var (images, texts) = parts == 1 ? Encode(batch, mode(0)) : Features(batch, mode, parts);
        var (allImages, allTexts) = (all.Rows(images.detach(), counts), all.Rows(texts.detach(), counts));
        allImages.requires_grad_(true);
        allTexts.requires_grad_(true);
        var share = loss.Part(allImages, allTexts, batch, teacher, from, count);
        share.backward();
        var (imageGradient, textGradient) = (allImages.grad!.contiguous(), allTexts.grad!.contiguous());
        all.Sum(imageGradient);
        all.Sum(textGradient);
        (imageGradient, textGradient) = (imageGradient.narrow(0, from, count), textGradient.narrow(0, from, count));
        var shared = all.Sum(Value(share)); // before the sums of gradients begin, which want to be alone
        if (parts > 1) BackInParts(batch, mode, parts, imageGradient, textGradient);
        else if (count > 0)
        {
            Back(images, imageGradient);
            sum?.BeginImages(counts);
            Back(texts, textGradient);
        }
        return shared;
    }

    /// <summary>All features without gradient. This pass comes first, so it leaves the running statistics of batch norms alone.</summary>
    private (Tensor Images, Tensor Texts) Features(PairBatch batch, Func<int, StepMode> mode, int parts)
    {
        var (images, texts) = (new List<Tensor>(), new List<Tensor>());
        using var _ = no_grad();
        foreach (var (i, from, count) in Parts(batch, parts))
        {
            using var inner = NewDisposeScope();
            var (a, b) = Encode(batch.Part(from, count), mode(i).WithoutStatistics());
            images.Add(a.MoveToOuterDisposeScope());
            texts.Add(b.MoveToOuterDisposeScope());
        }
        return (cat(images, 0), cat(texts, 0));
    }

    private void BackInParts(PairBatch batch, Func<int, StepMode> mode, int parts, Tensor imageGradient, Tensor textGradient)
    {
        foreach (var (i, from, count) in Parts(batch, parts))
        {
            using var inner = NewDisposeScope();
            var (images, texts) = Encode(batch.Part(from, count), mode(i));
            Back(images, imageGradient.narrow(0, from, count));
            if (from + count == batch.Count && batch.Counts is { } counts) sum?.BeginImages(counts);
            Back(texts, textGradient.narrow(0, from, count));
        }
    }

    /// <summary>Nearly equal parts, none empty.</summary>
    private static IEnumerable<(int Part, int From, int Count)> Parts(PairBatch batch, int parts)
    {
        for (var i = 0; i < parts; i++)
        {
            var (from, end) = ((int)((long)i * batch.Count / parts), (int)((i + 1L) * batch.Count / parts));
            if (end > from) yield return (i, from, end - from);
        }
    }

    private (Tensor Images, Tensor Texts) Encode(PairBatch batch, StepMode mode)
    {
        if (batch.Count > 0) return (Unit(model.EncodeImages(batch.Pixels, mode.Image)), Unit(model.EncodeTexts(batch.Tokens, mode.Text)));
        return (zeros([0, model.Spec.EmbedDim], model.Weights.Type), zeros([0, model.Spec.EmbedDim], model.Weights.Type));
    }

    /// <summary>A tower that stands still has nothing to go back to.</summary>
    private static void Back(Tensor features, Tensor gradient)
    {
        if (features.requires_grad) features.backward([gradient]);
    }

    private static Tensor Unit(Tensor features) => nn.functional.normalize(features.dtype == ScalarType.BFloat16 ? features.to_type(ScalarType.Float32) : features, dim: 1);

    private static double Value(Tensor loss) => loss.detach().to_type(ScalarType.Float64).item<double>();
}
