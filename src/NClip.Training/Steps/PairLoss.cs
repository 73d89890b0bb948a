using NClip.Training.Losses;
using NClip.Training.Operators;
using NClip.Training.RunFiles;
using static TorchSharp.torch;

namespace NClip.Training.Steps;

/// <summary>The loss of a whole batch from its features, as a run file names it.</summary>
/// <param name="settings">Which.</param>
/// <param name="model">For the logit scale and bias, and the classifier.</param>
/// <param name="distill">Weight of a teacher's loss.</param>
internal sealed class PairLoss(TrainSettings settings, TorchModel model, double distill = 0)
{
    /// <summary>Names of the classifier's tensors among the weights.</summary>
    public const string ClassWeight = "classes.weight", ClassBias = "classes.bias";

    /// <param name="images">[N, D], of length 1.</param>
    /// <param name="texts">[N, D], of length 1.</param>
    /// <param name="batch">The pairs they belong to.</param>
    /// <param name="teacher">Logits [N, N] of a teacher, or null.</param>
    public Tensor Forward(Tensor images, Tensor texts, PairBatch batch, Tensor? teacher = null)
    {
        var scale = model.LogitScale;
        var loss = settings.Loss == "siglip" ? Sigmoid(images, texts, scale, 0, images.shape[0]) : Positives(batch, images.dtype) is { } positives
            ? ContrastiveLoss.MultiPositive(images, texts, scale, positives)
            : ContrastiveLoss.InfoNce(images, texts, scale, settings.LabelSmoothing);
        if (settings.Loss == "clip+classes") loss = loss.Plus(ClassLoss.Forward(images, model.Weights[ClassWeight], model.Weights[ClassBias], batch.Labels!).Times(settings.ClassWeight));
        return teacher is null ? loss : loss.Plus(DistillationLoss.OfBatch(images.matmul(texts.t()) * scale, teacher).Times(distill));
    }

    /// <summary>The share of some pairs in the loss: their rows against all. The shares of all pairs add up to it, and so do their gradients.</summary>
    /// <param name="images">[N, D], of length 1.</param>
    /// <param name="texts">[N, D], of length 1.</param>
    /// <param name="batch">The pairs they belong to.</param>
    /// <param name="teacher">Logits [N, N] of a teacher, or null.</param>
    /// <param name="from">The first pair.</param>
    /// <param name="count">Pairs.</param>
    public Tensor Part(Tensor images, Tensor texts, PairBatch batch, Tensor? teacher, long from, long count)
    {
        if (count == 0) return images.sum().Plus(texts.sum()).Times(0);
        var scale = model.LogitScale;
        var loss = settings.Loss == "siglip" ? Sigmoid(images, texts, scale, from, count) : Positives(batch, images.dtype) is { } positives
            ? ContrastiveLoss.MultiPositivePart(images, texts, scale, positives, from, count)
            : ContrastiveLoss.InfoNcePart(images, texts, scale, from, count, settings.LabelSmoothing);
        if (settings.Loss == "clip+classes") loss = loss.Plus(ClassLoss.Part(images, model.Weights[ClassWeight], model.Weights[ClassBias], batch.Labels!, from, count).Times(settings.ClassWeight));
        return teacher is null ? loss : loss.Plus(DistillationLoss.OfPart(images, texts, scale, teacher, from, count).Times(distill));
    }

    private Tensor Sigmoid(Tensor images, Tensor texts, Tensor scale, long from, long count)
    {
        var (bias, chunk) = (model.Weights["logit_bias"], settings.LossChunk == 0 ? count : settings.LossChunk);
        var loss = SigmoidLoss.Part(images, texts, scale, bias, from, Math.Min(chunk, count));
        for (var at = chunk; at < count; at += chunk) loss = loss.Plus(SigmoidLoss.Part(images, texts, scale, bias, from + at, Math.Min(chunk, count - at)));
        return loss;
    }

    /// <summary>1 where a text fits a picture: [N, N]; null where each picture has its own alone.</summary>
    private Tensor? Positives(PairBatch batch, ScalarType type)
    {
        var kind = settings.Positives.Length > 0 ? settings.Positives : settings.Loss == "clip+classes" ? "class" : "own";
        if (kind == "own") return null;
        var fits = eye(batch.Captions.Count, dtype: ScalarType.Bool);
        if (batch.Labels is { } labels && kind == "class") fits = fits | (labels.unsqueeze(1).eq(labels.unsqueeze(0)) & labels.IsAtLeast(0).unsqueeze(1));
        var numbers = batch.Captions.Distinct(StringComparer.Ordinal).Index().ToDictionary(c => c.Item, c => (long)c.Index, StringComparer.Ordinal);
        var texts = tensor(batch.Captions.Select(c => numbers[c]).ToArray());
        return (fits | texts.unsqueeze(1).eq(texts.unsqueeze(0))).to_type(type);
    }
}
