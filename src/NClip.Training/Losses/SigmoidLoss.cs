using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Losses;

/// <summary>SigLIP's loss: each pair is a question of its own, yes on the diagonal, no elsewhere; divided by the number of pictures. (Zhai et al. 2023, algorithm 1)</summary>
internal static class SigmoidLoss
{
    /// <summary>Σ softplus(-z·(scale·I·Tᵀ + bias)) / N, z = 1 on the diagonal and -1 elsewhere.</summary>
    /// <param name="images">[N, D], of length 1.</param>
    /// <param name="texts">[N, D], of length 1.</param>
    /// <param name="scale">exp(logit_scale).</param>
    /// <param name="bias">logit_bias.</param>
    public static Tensor Forward(Tensor images, Tensor texts, Tensor scale, Tensor bias) => Part(images, texts, scale, bias, 0, images.shape[0]);

    /// <summary>The share of the pictures <paramref name="from"/>..: the shares of all add up to the loss.</summary>
    public static Tensor Part(Tensor images, Tensor texts, Tensor scale, Tensor bias, long from, long count)
    {
        var logits = (images.narrow(0, from, count).matmul(texts.t()) * scale).Plus(bias);
        // softplus(x) where no, softplus(-x) = softplus(x) - x where yes.
        return (Softplus(logits).sum() - logits.diagonal(from).sum()).Over(images.shape[0]);
    }

    /// <summary>log(1 + eˣ), without overflow and exact where torch's own goes over to a line.</summary>
    private static Tensor Softplus(Tensor x) => -nn.functional.logsigmoid(-x);
}
