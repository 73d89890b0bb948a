using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Losses;

/// <summary>A linear classifier of the pictures beside the pairs.</summary>
internal static class ClassLoss
{
    /// <summary>Cross entropy of features·weightᵀ + bias, mean over the pictures that have a class; 0 where none has.</summary>
    /// <param name="images">[N, D], of length 1.</param>
    /// <param name="weight">[C, D].</param>
    /// <param name="bias">[C].</param>
    /// <param name="labels">[N], int64, below 0 for no class.</param>
    public static Tensor Forward(Tensor images, Tensor weight, Tensor bias, Tensor labels)
    {
        const long None = -100;
        if (!labels.IsAtLeast(0).any().item<bool>()) return images.sum().Plus(weight.sum()).Plus(bias.sum()).Times(0);
        return nn.functional.cross_entropy(nn.functional.linear(images, weight, bias), labels.where(labels.IsAtLeast(0), labels.FullLike(None)), ignore_index: None);
    }

    /// <summary>The share of the pictures <paramref name="from"/>.. in <see cref="Forward"/>. The shares of all add up to it.</summary>
    public static Tensor Part(Tensor images, Tensor weight, Tensor bias, Tensor labels, long from, long count)
    {
        var own = labels.narrow(0, from, count);
        var share = own.IsAtLeast(0).sum().item<long>() / Math.Max(1.0, labels.IsAtLeast(0).sum().item<long>());
        return Forward(images.narrow(0, from, count), weight, bias, own).Times(share);
    }
}
