using System.Text.Json;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.ZeroShot;
using Xunit;

namespace NClip.Tests.ZeroShot;

/// <summary>Class weights and answers against reference/zeroshot, from the reference's own prompt and picture features.</summary>
public sealed class ZeroShotClassifierTests : IDisposable
{
    private const double Tolerance = 2e-6;

    private readonly StateDict _expected = StateDict.Open(Reference.Path("zeroshot/expected.safetensors"));
    private readonly JsonElement _cases = JsonDocument.Parse(File.ReadAllBytes(Reference.Path("zeroshot/classes.json"))).RootElement;

    private LabelClass[] Classes => [.. _cases.GetProperty("classes").EnumerateArray().Select(c => c.GetProperty("names").EnumerateArray().Select(n => n.GetString()!).ToArray()).Select(n => new LabelClass(n[0], n))];

    private PromptTemplates Templates => PromptTemplates.Of([.. _cases.GetProperty("templates").EnumerateArray().Select(t => t.GetString()!)]);

    private Matrix Tensor(string name) => new((int)_expected.Tensors[name].Shape[0], (int)_expected.Tensors[name].Shape[1], _expected.Tensors[name].ToFloat32());

    private ZeroShotClassifier Classifier(LabelClass[] classes)
    {
        var rows = _cases.GetProperty("prompts").EnumerateArray().Select((p, i) => (Text: p.GetProperty("text").GetString()!, Row: i)).ToDictionary(p => p.Text, p => p.Row);
        var features = Tensor("prompt_features_norm_f64");
        var weights = new ClassWeights((texts, _) => new Matrix(texts.Count, features.Columns, [.. texts.SelectMany(t => features.Row(rows[t]).ToArray())]), features.Columns, 16, new LabelCache(0)).Of(classes, Templates);
        return new ZeroShotClassifier([.. classes.Select(c => c.Label)], weights, _expected.Tensors["logit_scale_exp_f64"].ToFloat32()[0], 0, LogitKind.Softmax);
    }

    [Theory]
    [InlineData("")]
    [InlineData("_first_name_only")]
    public void Weights_probabilities_and_ranks_equal_the_reference(string rule)
    {
        var classes = rule.Length == 0 ? Classes : [.. Classes.Select(c => new LabelClass(c.Label))];
        var classifier = Classifier(classes);
        Near(Tensor($"weights{rule}_f64").Values, classifier.Weights.Values);
        var (images, probs, top) = (Tensor("image_features_norm_f64"), Tensor($"probs{rule}_f64"), Tensor($"top3_index{rule}"));
        for (var i = 0; i < images.Rows; i++)
        {
            var answer = Assert.IsType<LabelDistribution>(classifier.Classify(images.Row(i)));
            Near(probs.Row(i), [.. classes.Select(c => answer.Ranked.Single(s => s.Label == c.Label).Score)]);
            Assert.Equal(top.Row(i).ToArray().Select(t => classes[(int)t].Label), answer.Top(3).Select(s => s.Label));
        }
    }

    [Fact]
    public void Top_1_and_top_3_accuracy_equal_the_reference()
    {
        var classifier = Classifier(Classes);
        var images = Tensor("image_features_norm_f64");
        var labels = _cases.GetProperty("labels").EnumerateArray().Select(l => Classes[l.GetInt32()].Label).ToArray();
        double Accuracy(int k) => labels.Select((l, i) => classifier.Classify(images.Row(i)).Top(k).Any(s => s.Label == l) ? 1 : 0).Average();
        Assert.Equal(_cases.GetProperty("top1").GetDouble(), Accuracy(1), 12);
        Assert.Equal(_cases.GetProperty("top3").GetDouble(), Accuracy(3), 12);
    }

    [Fact]
    public void Features_of_another_length_are_refused()
        => Assert.Contains("3 features", Assert.Throws<ArgumentException>(() => Classifier(Classes).Classify([1, 2, 3])).Message, StringComparison.Ordinal);

    public void Dispose() => _expected.Dispose();

    private static void Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = 0f;
        for (var i = 0; i < expected.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i] - actual[i]));
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance, $"value {i} is {actual[i]:R}, expected {expected[i]:R}");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{expected.Length} values, largest deviation {largest:0.0e+0}");
    }
}
