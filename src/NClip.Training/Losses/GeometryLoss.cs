using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Losses;

/// <summary>Holds the similarities inside a batch of texts to those of a teacher's features of the same texts.</summary>
internal static class GeometryLoss
{
    /// <summary>Mean KL(teacher || student) over the rows' neighbours, each row's similarity to itself left out. Features have length 1; widths may differ.</summary>
    public static Tensor Forward(Tensor student, Tensor teacher, double studentScale, double teacherScale)
    {
        var self = eye(student.shape[0]).Times(1e4);
        var p = nn.functional.softmax(teacher.matmul(teacher.t()).Times(teacherScale) - self, 1);
        var logQ = nn.functional.log_softmax(student.matmul(student.t()).Times(studentScale) - self, 1);
        return (p * (p.NotBelow(1e-12).log() - logQ)).sum(1).mean();
    }
}
