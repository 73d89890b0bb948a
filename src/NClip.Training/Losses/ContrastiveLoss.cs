using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Losses;

/// <summary>Losses between a batch of image and a batch of text features. Features have length 1; <c>scale</c> is exp(logit_scale).</summary>
internal static class ContrastiveLoss
{
    /// <summary>Symmetric InfoNCE (Radford et al. 2021, figure 3): image i belongs to text i. Features [N, D] both.</summary>
    public static Tensor InfoNce(Tensor images, Tensor texts, Tensor scale, double labelSmoothing = 0)
    {
        var logits = images.matmul(texts.t()) * scale;
        var own = HeldScalars.Range(0, images.shape[0], int64);
        return nn.functional.cross_entropy(logits, own, label_smoothing: labelSmoothing).Plus(nn.functional.cross_entropy(logits.t(), own, label_smoothing: labelSmoothing)).Over(2);
    }

    /// <summary>InfoNCE with several right answers: each direction's target is uniform over the row's positives.</summary>
    /// <param name="images">[N, D].</param>
    /// <param name="texts">[M, D].</param>
    /// <param name="scale">exp(logit_scale).</param>
    /// <param name="positives">[N, M], 1 where the text fits the image, each row and column with at least one.</param>
    public static Tensor MultiPositive(Tensor images, Tensor texts, Tensor scale, Tensor positives)
    {
        var logits = images.matmul(texts.t()) * scale;
        return OneWay(logits, positives).Plus(OneWay(logits.t(), positives.t())).Over(2);
    }

    /// <summary>MultiPositive with positives = rows of one class (UniCL, Yang et al. 2022).</summary>
    public static Tensor ByLabel(Tensor images, Tensor texts, Tensor scale, Tensor imageLabels, Tensor textLabels)
        => MultiPositive(images, texts, scale, imageLabels.unsqueeze(1).eq(textLabels.unsqueeze(0)).to_type(images.dtype));

    /// <summary>The share of the pairs <paramref name="from"/>.. in <see cref="InfoNce"/>: their rows and their columns of the logits. The shares of all add up to the loss.</summary>
    public static Tensor InfoNcePart(Tensor images, Tensor texts, Tensor scale, long from, long count, double labelSmoothing = 0)
    {
        var own = HeldScalars.Range(from, from + count, int64);
        Tensor OneWay(Tensor a, Tensor b) => nn.functional.cross_entropy(a.narrow(0, from, count).matmul(b.t()) * scale, own, label_smoothing: labelSmoothing);
        return OneWay(images, texts).Plus(OneWay(texts, images)).Times(0.5 * count / images.shape[0]);
    }

    /// <summary>The share of the pairs <paramref name="from"/>.. in <see cref="MultiPositive"/> of as many texts as images.</summary>
    public static Tensor MultiPositivePart(Tensor images, Tensor texts, Tensor scale, Tensor positives, long from, long count)
    {
        Tensor Half(Tensor a, Tensor b, Tensor fits) => OneWay(a.narrow(0, from, count).matmul(b.t()) * scale, fits.narrow(0, from, count));
        return Half(images, texts, positives).Plus(Half(texts, images, positives.t())).Times(0.5 * count / images.shape[0]);
    }

    private static Tensor OneWay(Tensor logits, Tensor positives)
        => -(positives / positives.sum(1, keepdim: true) * nn.functional.log_softmax(logits, 1)).sum(1).mean();
}
