using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Losses;

/// <summary>Keeps what a teacher knew: cross entropy against its distribution (Hinton et al. 2015, temperature 1).</summary>
internal static class DistillationLoss
{
    /// <param name="logits">Student, [N, C].</param>
    /// <param name="target">Teacher's probabilities, [N, C], no gradient.</param>
    /// <returns>KL(teacher || student), one value a row, [N].</returns>
    public static Tensor PerRow(Tensor logits, Tensor target)
        => (target * (target.NotBelow(1e-12).log() - nn.functional.log_softmax(logits, 1))).sum(1);

    /// <summary>The student's distribution over the batch against the teacher's, both ways: ½[mean_i -Σ_j softmax(teacher_i)_j log softmax(student_i)_j + the same of the columns]. (open_clip loss.py, DistillClipLoss)</summary>
    /// <param name="student">Logits [N, N].</param>
    /// <param name="teacher">Logits [N, N], no gradient.</param>
    public static Tensor OfBatch(Tensor student, Tensor teacher) => OneWay(student, teacher).Plus(OneWay(student.t(), teacher.t())).Over(2);

    /// <summary>The share of the pairs <paramref name="from"/>.. in <see cref="OfBatch"/>. The shares of all add up to it.</summary>
    /// <param name="images">[N, D], of length 1.</param>
    /// <param name="texts">[N, D], of length 1.</param>
    /// <param name="scale">exp(logit_scale).</param>
    /// <param name="teacher">Logits [N, N], no gradient.</param>
    /// <param name="from">The first pair.</param>
    /// <param name="count">Pairs.</param>
    public static Tensor OfPart(Tensor images, Tensor texts, Tensor scale, Tensor teacher, long from, long count)
    {
        Tensor Half(Tensor a, Tensor b, Tensor target) => OneWay(a.narrow(0, from, count).matmul(b.t()) * scale, target.narrow(0, from, count));
        return Half(images, texts, teacher).Plus(Half(texts, images, teacher.t())).Times(0.5 * count / images.shape[0]);
    }

    private static Tensor OneWay(Tensor student, Tensor teacher) => -(nn.functional.softmax(teacher, 1) * nn.functional.log_softmax(student, 1)).sum(1).mean();
}
