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

    /// <summary>The student's distribution over the batch against the teacher's, both ways: ½[mean_i -Σ_j softmax(teacher_i)_j log softmax(student_i)_j + the same of the columns]. (open_clip loss.py, DistillClipLoss)</summary>
    /// <param name="student">Logits [N, N].</param>
    /// <param name="teacher">Logits [N, N], no gradient.</param>
    public static Tensor OfBatch(Tensor student, Tensor teacher) => (OneWay(student, teacher) + OneWay(student.t(), teacher.t())) / 2;

    private static Tensor OneWay(Tensor student, Tensor teacher) => -(nn.functional.softmax(teacher, 1) * nn.functional.log_softmax(student, 1)).sum(1).mean();
}
