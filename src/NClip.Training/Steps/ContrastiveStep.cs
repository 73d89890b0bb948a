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
/// at them; so the loss sees the whole batch, and every gradient is the whole batch's, the logit scale's too. (Gao et al. 2021, GradCache)
/// </summary>
/// <param name="model">What is trained; its gradients are added to.</param>
/// <param name="loss">Of the whole batch.</param>
internal sealed class ContrastiveStep(TorchModel model, PairLoss loss)
{
    /// <summary>Computes the gradients.</summary>
    /// <param name="batch">The pairs.</param>
    /// <param name="mode">What training does beside inference, for a part of the batch; equal calls have to draw equal chances.</param>
    /// <param name="parts">Parts that the batch is encoded in.</param>
    /// <param name="teacher">Logits of a teacher, or null.</param>
    /// <returns>The loss.</returns>
    public double Run(PairBatch batch, Func<int, StepMode> mode, int parts = 1, Tensor? teacher = null)
    {
        using var scope = NewDisposeScope();
        if (parts == 1)
        {
            var (images, texts) = Encode(batch, mode(0));
            var whole = loss.Forward(images, texts, batch, teacher);
            whole.backward();
            return Value(whole);
        }
        var size = batch.Count / parts;
        var (cachedImages, cachedTexts) = Features(batch, mode, parts, size);
        var value = loss.Forward(cachedImages, cachedTexts, batch, teacher);
        value.backward();
        for (var i = 0; i < parts; i++)
        {
            using var inner = NewDisposeScope();
            var (images, texts) = Encode(batch.Part(i * size, size), mode(i));
            Back(images, cachedImages.grad!.narrow(0, i * size, size));
            Back(texts, cachedTexts.grad!.narrow(0, i * size, size));
        }
        return Value(value);
    }

    /// <summary>All features, as leaves that gather gradients. This pass comes first, so it leaves the running statistics of batch norms alone.</summary>
    private (Tensor Images, Tensor Texts) Features(PairBatch batch, Func<int, StepMode> mode, int parts, int size)
    {
        var (images, texts) = (new Tensor[parts], new Tensor[parts]);
        using (no_grad())
        {
            for (var i = 0; i < parts; i++)
            {
                using var inner = NewDisposeScope();
                var (a, b) = Encode(batch.Part(i * size, size), mode(i).WithoutStatistics());
                (images[i], texts[i]) = (a.MoveToOuterDisposeScope(), b.MoveToOuterDisposeScope());
            }
        }
        return (cat(images, 0).requires_grad_(true), cat(texts, 0).requires_grad_(true));
    }

    private (Tensor Images, Tensor Texts) Encode(PairBatch batch, StepMode mode) => (Unit(model.EncodeImages(batch.Pixels, mode.Image)), Unit(model.EncodeTexts(batch.Tokens, mode.Text)));

    /// <summary>A tower that stands still has nothing to go back to.</summary>
    private static void Back(Tensor features, Tensor gradient)
    {
        if (features.requires_grad) features.backward([gradient]);
    }

    private static Tensor Unit(Tensor features) => nn.functional.normalize(features.dtype == ScalarType.BFloat16 ? features.to_type(ScalarType.Float32) : features, dim: 1);

    private static double Value(Tensor loss) => loss.detach().to_type(ScalarType.Float64).item<double>();
}
