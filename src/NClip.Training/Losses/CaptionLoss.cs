using static TorchSharp.torch;

namespace NClip.Training.Losses;

/// <summary>The loss of a decoder that writes captions: each token from those before it. (Yu et al. 2022, CoCa)</summary>
internal static class CaptionLoss
{
    /// <summary>Cross entropy, mean over the tokens of the whole batch that are no padding.</summary>
    /// <param name="logits">[N, L, V], at the places 0..L-1 of rows of L + 1 tokens.</param>
    /// <param name="labels">[N, L], the next tokens.</param>
    /// <param name="padding">The id that is left out.</param>
    public static Tensor Forward(Tensor logits, Tensor labels, long padding = 0) =>
        nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index: padding);
}
