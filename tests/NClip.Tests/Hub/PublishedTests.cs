using System.Text.Json;
using NClip.Proof;
using Xunit;

namespace NClip.Tests.Hub;

public sealed class PublishedTests
{
    private static Matrix NoLogits(string image, IReadOnlyList<string> texts) => throw new InvalidOperationException("no picture was given");

    private static Matrix Changed(Matrix m, int at, float by)
    {
        var values = m.Values.ToArray();
        values[at] += by;
        return new Matrix(m.Rows, m.Columns, values);
    }

    [Fact]
    public void The_published_text_features_are_32_different_rows_of_512_with_the_norm_of_CLIPs_features()
    {
        var (texts, features) = PublishedChecks.TextFeatures();
        Assert.Equal((32, 32, 512), (texts.Distinct().Count(), features.Rows, features.Columns));
        Assert.All(texts, t => Assert.Matches("^a [a-z ]+$", t));
        for (var i = 0; i < 32; i++) Assert.InRange(Math.Sqrt(features.Row(i).ToArray().Sum(v => (double)v * v)), 8, 12);
        var unit = features.Normalized();
        Assert.Equal(32, Enumerable.Range(0, 32).Select(i => unit[i, 7]).Distinct().Count());
    }

    [Theory]
    [InlineData("ViT-B/32")]
    [InlineData("vit-b-32")]
    [InlineData("/home/me/.cache/clip/ViT-B-32.pt")]
    [InlineData("openai/clip-vit-base-patch32")]
    [InlineData("openai/clip-vit-base-patch32@main")]
    [InlineData("hf-hub:openai/clip-vit-base-patch32")]
    [InlineData("C:\\hub\\models--openai--clip-vit-base-patch32\\snapshots\\0123")]
    public void The_same_features_pass_under_every_name_of_the_model(string model)
    {
        var report = PublishedVerification.Run(model, _ => PublishedChecks.TextFeatures().Features, NoLogits, []);
        var r = Assert.Single(report.Results);
        Assert.True(report.Passed);
        Assert.Equal(0, r.Deviation);
        Assert.InRange(r.Cosine!.Value, 0.999999, 1.000001);
        Assert.Equal(2, report.Missing.Count);
        Assert.Contains("--image .../CLIP.png", report.Missing[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Float16_noise_passes_and_one_wrong_value_or_row_does_not()
    {
        var (_, f) = PublishedChecks.TextFeatures();
        Assert.True(PublishedVerification.Run("ViT-B/32", _ => Changed(f, 100, 0.01f), NoLogits, []).Passed);
        Assert.False(PublishedVerification.Run("ViT-B/32", _ => Changed(f, 100, 0.1f), NoLogits, []).Passed);
        Assert.False(PublishedVerification.Run("ViT-B/32", _ => Changed(f, 100, float.NaN), NoLogits, []).Passed);
        Assert.False(PublishedVerification.Run("ViT-B/32", _ => new Matrix(32, 512, [.. f.Values[512..], .. f.Values[..512]]), NoLogits, []).Passed);
    }

    [Fact]
    public void A_picture_that_is_given_is_compared_by_softmax_or_logits_as_it_was_published()
    {
        var (_, f) = PublishedChecks.TextFeatures();
        Matrix Logits(string image, IReadOnlyList<string> texts) => texts.Count == 3
            ? new Matrix(1, 3, [MathF.Log(0.99279f), MathF.Log(0.00421f), MathF.Log(0.00300f)])
            : new Matrix(1, 2, [24.5701f, 19.31f]);

        var report = PublishedVerification.Run("ViT-B/32", _ => f, Logits, ["/photos/clip.PNG", "000000039769.jpg", "other.jpg"]);
        Assert.Empty(report.Missing);
        Assert.Equal([true, true, false], report.Results.Select(r => r.Passed)); // the last logit is 0.005 off
        Assert.False(report.Passed);
    }

    [Fact]
    public void Without_its_picture_SigLIP_has_nothing_to_compare_and_does_not_pass()
    {
        var report = PublishedVerification.Run("google/siglip-base-patch16-224", _ => throw new InvalidOperationException(), NoLogits, []);
        Assert.Empty(report.Results);
        Assert.False(report.Passed);
        Assert.Single(report.Missing);
    }

    [Theory]
    [InlineData("nclip-mini")]
    [InlineData("")]
    [InlineData("laion/CLIP-ViT-B-32-laion2B-s34B-b79K")]
    public void A_model_without_published_values_is_refused_with_those_that_have_some(string model)
    {
        var e = Assert.Throws<ClipException>(() => PublishedVerification.Run(model, _ => throw new InvalidOperationException(), NoLogits, []));
        Assert.Contains("google/siglip-base-patch16-224", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_of_another_width_are_named_as_those_of_another_model() =>
        Assert.Contains("[32, 768]", Assert.Throws<ClipException>(() => PublishedVerification.Run("ViT-B/32", t => new Matrix(t.Count, 768, new float[t.Count * 768]), NoLogits, [])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_values_are_those_of_the_collected_facts()
    {
        using var facts = JsonDocument.Parse(File.ReadAllBytes(Reference.Path("published.json")));
        var checks = facts.RootElement.GetProperty("checks").EnumerateArray().ToList();
        foreach (var a in PublishedChecks.Answers)
        {
            var c = checks.Single(c => a.Models.Contains(c.GetProperty("repo").GetString()!) && c.GetProperty("image").GetString()!.Contains(a.Image, StringComparison.Ordinal) && c.TryGetProperty(a.IsSoftmax ? "softmax" : "logits_per_image", out _));
            Assert.Equal(a.Texts, c.GetProperty("texts").EnumerateArray().Select(e => e.GetString()!));
            Assert.Equal(a.Values, c.GetProperty(a.IsSoftmax ? "softmax" : "logits_per_image").EnumerateArray().Select(e => e.GetSingle()));
            Assert.Equal(a.Tolerance, c.GetProperty("tolerance").GetSingle());
        }
    }
}
