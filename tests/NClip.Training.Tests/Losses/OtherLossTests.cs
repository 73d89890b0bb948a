using NClip.Checkpoints;
using NClip.Tests;
using NClip.Training.Losses;
using NClip.Training.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Losses;

/// <summary>Values and gradients of the other losses in float64. (reference/losses)</summary>
public sealed class OtherLossTests
{
    [Theory]
    [InlineData("siglip_6x8", 0)]
    [InlineData("siglip_16x32", 0)]
    [InlineData("siglip_extreme_8x8", 0)]
    [InlineData("siglip_raw_6x8", 0)]
    [InlineData("siglip_6x8", 1)]
    [InlineData("siglip_6x8", 4)]
    [InlineData("siglip_16x32", 5)]
    public void The_sigmoid_loss_whole_or_in_chunks_equals_the_reference(string name, int chunk) => Check(name, t =>
    {
        var (images, texts) = Features(t);
        var (scale, bias, n) = (t("logit_scale").exp(), t("logit_bias"), images.shape[0]);
        if (chunk == 0) return SigmoidLoss.Forward(images, texts, scale, bias);
        Tensor[] parts = [.. Enumerable.Range(0, (int)((n + chunk - 1) / chunk)).Select(i => SigmoidLoss.Part(images, texts, scale, bias, i * chunk, Math.Min(chunk, n - (i * chunk))))];
        using var file = StateDict.Open(Reference.Path($"losses/{name}.safetensors"));
        Assert.True(Tensors.LargestDifference(stack(parts).detach(), file.Torch($"out.chunk{chunk}.parts")) < 1e-12);
        return stack(parts).sum();
    });

    [Theory]
    [InlineData("infonce_raw_6x8")]
    [InlineData("infonce_bias_6x8")]
    public void Normalisation_inside_and_a_bias_change_nothing_of_infonce(string name) => Check(name, t =>
    {
        var (images, texts) = Features(t);
        return ContrastiveLoss.InfoNce(images, texts, t("logit_scale").exp());
    });

    [Fact]
    public void Pairs_and_classes_together_equal_the_reference() => Check("joint_8x16", t =>
        ContrastiveLoss.InfoNce(t("image_features"), t("text_features"), t("logit_scale").exp()).Plus(ClassLoss.Forward(t("image_features"), t("head_weight"), t("head_bias"), t("labels")).Times(0.3)));

    [Fact]
    public void A_teacher_s_distribution_over_the_batch_equals_the_reference() => Check("distill_8", t =>
    {
        var (images, texts, scale) = (t("image_features"), t("text_features"), t("logit_scale").exp());
        var teacher = t("teacher_logit_scale").exp() * t("teacher_image_features").matmul(t("teacher_text_features").t());
        return ContrastiveLoss.InfoNce(images, texts, scale).Plus(DistillationLoss.OfBatch(images.matmul(texts.t()) * scale, teacher.detach()));
    });

    [Fact]
    public void Pairs_and_captions_together_equal_the_reference() => Check("coca", t =>
        ContrastiveLoss.InfoNce(t("image_features"), t("text_features"), t("logit_scale").exp()).Plus(CaptionLoss.Forward(t("caption_logits"), t("labels")).Times(2)));

    [Fact]
    public void Pictures_without_a_class_have_no_class_loss()
    {
        using var scope = NewDisposeScope();
        var features = randn([3, 4], generator: new Generator(1));
        Assert.Equal(0, ClassLoss.Forward(features, randn([5, 4], generator: new Generator(2)), zeros(5), tensor(new long[] { -1, -1, -1 })).item<float>());
    }

    private static (Tensor Images, Tensor Texts) Features(Func<string, Tensor> t)
    {
        try { return (t("image_features"), t("text_features")); }
        catch (KeyNotFoundException) { return (nn.functional.normalize(t("image_raw"), dim: 1), nn.functional.normalize(t("text_raw"), dim: 1)); }
    }

    /// <summary>Value and every gradient that the file has.</summary>
    private static void Check(string name, Func<Func<string, Tensor>, Tensor> loss)
    {
        using var file = StateDict.Open(Reference.Path($"losses/{name}.safetensors"));
        using var scope = NewDisposeScope();
        var inputs = new Dictionary<string, Tensor>();
        Tensor Input(string n)
        {
            if (inputs.TryGetValue(n, out var t)) return t;
            t = file.Tensors.ContainsKey("in." + n) ? file.Torch("in." + n) : throw new KeyNotFoundException(n);
            if (t.is_floating_point()) t.requires_grad = true;
            return inputs[n] = t;
        }
        var value = loss(Input);
        value.backward();
        Assert.True(Tensors.LargestDifference(value.detach(), file.Torch("out.loss")) < 1e-12, $"{name}: loss {value.item<double>():R}");
        var gradients = file.Tensors.Keys.Where(k => k.StartsWith("out.grad.", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(gradients);
        foreach (var g in gradients)
        {
            var expected = file.Torch(g);
            var actual = inputs.TryGetValue(g["out.grad.".Length..], out var t) && t.grad is { } grad ? grad : zeros_like(expected);
            var size = Math.Max(1, expected.abs().max().item<double>());
            Assert.True(Tensors.LargestDifference(actual, expected) < 1e-11 * size, $"{name}: {g}");
        }
    }
}
