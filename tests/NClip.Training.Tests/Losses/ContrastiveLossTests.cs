using NClip.Checkpoints;
using NClip.Tests;
using NClip.Training.Losses;
using NClip.Training.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Losses;

public class ContrastiveLossTests
{
    [Theory]
    [InlineData("infonce_6x8")]
    [InlineData("infonce_16x32")]
    [InlineData("infonce_extreme_8x8")]
    [InlineData("infonce_label_smoothing_6x8")]
    [InlineData("multi_positive_6x9")]
    [InlineData("unicl_9x12")]
    public void Loss_and_gradients_equal_the_reference(string name)
    {
        using var file = StateDict.Open(Reference.Path($"losses/{name}.safetensors"));
        var (images, texts, logScale) = (file.Torch("in.image_features"), file.Torch("in.text_features"), file.Torch("in.logit_scale"));
        foreach (var t in new[] { images, texts, logScale }) t.requires_grad = true;
        var loss = name switch
        {
            "multi_positive_6x9" => ContrastiveLoss.MultiPositive(images, texts, logScale.exp(), file.Torch("in.positives")),
            "unicl_9x12" => ContrastiveLoss.ByLabel(images, texts, logScale.exp(), file.Torch("in.labels"), file.Torch("in.labels")),
            _ => ContrastiveLoss.InfoNce(images, texts, logScale.exp(), name.Contains("smoothing", StringComparison.Ordinal) ? 0.1 : 0),
        };
        loss.backward();
        Assert.True(Tensors.LargestDifference(loss.detach(), file.Torch("out.loss")) < 1e-12, $"{name}: loss {loss.item<double>()}");
        foreach (var (tensor, grad) in new[] { (images, "image_features"), (texts, "text_features"), (logScale, "logit_scale") })
            Assert.True(Tensors.LargestDifference(tensor.grad!, file.Torch($"out.grad.{grad}")) < 1e-11, $"{name}: gradient of {grad}");
    }

    [Fact]
    public void Geometry_loss_is_zero_for_the_teacher_itself_and_positive_for_others()
    {
        var teacher = nn.functional.normalize(randn([20, 16], generator: new Generator(1)), dim: 1);
        var other = nn.functional.normalize(randn([20, 16], generator: new Generator(2)), dim: 1);
        Assert.True(Math.Abs(GeometryLoss.Forward(teacher, teacher, 10, 10).item<float>()) < 1e-5);
        Assert.True(GeometryLoss.Forward(other, teacher, 10, 10).item<float>() > 0.01);
    }

    [Fact]
    public void Distillation_is_zero_where_the_student_equals_the_teacher()
    {
        var logits = randn([5, 7], generator: new Generator(1));
        Assert.True(DistillationLoss.PerRow(logits, nn.functional.softmax(logits, 1)).abs().max().item<float>() < 1e-6);
        Assert.True(DistillationLoss.PerRow(logits.Times(2), nn.functional.softmax(logits, 1)).min().item<float>() > 0);
    }
}
