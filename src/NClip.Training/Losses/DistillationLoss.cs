using static TorchSharp.torch;

namespace NClip.Training.Losses;

/// <summary>Keeps what a teacher knew: cross entropy against its distribution (Hinton et al. 2015, temperature 1).</summary>
internal static class DistillationLoss
{
    /// <param name="logits">Student, [N, C].</param>
    /// <param name="target">Teacher's probabilities, [N, C], no gradient.</param>
    /// <returns>KL(teacher || student), one value a row, [N].</returns>
    public static Tensor PerRow(Tensor logits, Tensor target)
        => (target * (target.clamp_min(1e-12).log() - nn.functional.log_softmax(logits, 1))).sum(1);
}
