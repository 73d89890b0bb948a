using NClip.Checkpoints;
using NClip.Images;
using NClip.ZeroShot;
using Xunit;

namespace NClip.Tests;

/// <summary>The front door, on a tiny model with the real vocabulary (reference/model_tiny/a3, reference/zeroshot).</summary>
public sealed class ClipTests : IDisposable
{
    private readonly Clip _clip = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"), options: new ClipOptions(ImagePolicy: ImagePolicy.Reference));

    private static string Sample(string name) => Path.Combine(Reference.Root, "samples", name);

    [Fact]
    public void The_example_of_openai_clips_readme_reads_line_for_line_the_same()
    {
        using var model = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));

        var image = model.Preprocess(Sample("chelsea.png"));
        var text = model.Tokenize("a diagram", "a dog", "a cat");

        var imageFeatures = model.EncodeImage(image);
        var textFeatures = model.EncodeText(text);

        var (logitsPerImage, logitsPerText) = model.Logits(image, text);
        var probs = logitsPerImage.Softmax();

        Assert.Equal((1, 3), (probs.Rows, probs.Columns));
        Assert.Equal(1, probs.Values.ToArray().Sum(), 5);
        Assert.Equal(logitsPerImage[0, 2], logitsPerText[2, 0]);
        Assert.Equal(logitsPerImage.ToString(), model.Similarity(imageFeatures, textFeatures).ToString());
    }

    [Fact]
    public void A_classifier_made_from_names_equals_the_reference()
    {
        using var expected = StateDict.Open(Reference.Path("zeroshot/expected.safetensors"));
        var classifier = _clip.CreateClassifier(
            [new("cat"), new("dog", ["dog", "puppy"]), new("airplane", ["airplane", "aeroplane", "jet"]), new("traffic light"), new("ice cream"), new("Siamese cat"), new("bicycle", ["bicycle", "bike"])],
            PromptTemplates.Of(["a photo of a {}.", "a blurry photo of the {}.", "a drawing of a {}.", "itap of my {}."]));
        var weights = expected.Tensors["weights_f64"].ToFloat32();
        var largest = 0f;
        for (var i = 0; i < weights.Length; i++)
        {
            Assert.True(Math.Abs(weights[i] - classifier.Weights.Values[i]) <= 2e-5, $"weight {i} is {classifier.Weights.Values[i]:R}, expected {weights[i]:R}");
            largest = Math.Max(largest, Math.Abs(weights[i] - classifier.Weights.Values[i]));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"class weights: largest deviation {largest:0.0e+0}");

        var images = new ImageBatch(expected.Tensors["images"].ToFloat32(), 6, 32, 32);
        var (features, probs) = (_clip.EncodeImage(images), expected.Tensors["probs_f64"].ToFloat32());
        var worst = 0f;
        for (var i = 0; i < 6; i++)
        {
            var answer = Assert.IsType<LabelDistribution>(classifier.Classify(features.Row(i)));
            for (var c = 0; c < 7; c++)
            {
                var score = answer.Ranked.Single(s => s.Label == classifier.Labels[c]).Score;
                Assert.InRange(score, probs[(7 * i) + c] - 2e-5f, probs[(7 * i) + c] + 2e-5f);
                worst = Math.Max(worst, Math.Abs(score - probs[(7 * i) + c]));
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"probabilities: largest deviation {worst:0.0e+0}");
    }

    [Fact]
    public void The_first_file_that_is_no_picture_ends_the_call_with_the_documented_exception()
    {
        string[] files = [Sample("chelsea.png"), Sample("README.md"), .. Enumerable.Repeat(Sample("missing.png"), 20)];
        Assert.EndsWith("README.md", Assert.Throws<ImageException>(() => _clip.Preprocess(files)).File, StringComparison.Ordinal);
        Assert.Throws<ImageException>(() => _clip.Classify(Sample("README.md"), "cat", "dog"));
        Assert.Contains("picture 1", Assert.Throws<ImageException>(() => _clip.Preprocess(File.ReadAllBytes(Sample("rocket.jpg")), new byte[100])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_of_pictures_equals_one_by_one_and_goes_on_past_a_bad_file()
    {
        string[] files = [Sample("chelsea.png"), Sample("missing.png"), Sample("rocket.jpg"), Sample("README.md"), Sample("coffee.png")];
        var stream = new List<EncodedImage>();
        await foreach (var e in _clip.EncodeImagesAsync(Enumerable.Repeat(files, 9).SelectMany(f => f), TestContext.Current.CancellationToken)) stream.Add(e);
        Assert.Equal(45, stream.Count);
        for (var i = 0; i < stream.Count; i++)
        {
            Assert.Equal(files[i % 5], stream[i].File);
            if (i % 5 is 1 or 3) Assert.Contains(files[i % 5], stream[i].Error!.Message, StringComparison.Ordinal);
            else Assert.Equal(_clip.EncodeImage(files[i % 5]).Values.ToArray(), stream[i].Features.ToArray(), (a, b) => Math.Abs(a - b) < 1e-5);
        }
    }

    [Fact]
    public async Task A_cancelled_stream_stops()
    {
        using var cancel = new CancellationTokenSource();
        var seen = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in _clip.EncodeImagesAsync(Enumerable.Repeat(Sample("chelsea.png"), 100_000), cancel.Token))
                if (++seen == 20) await cancel.CancelAsync();
        });
        Assert.InRange(seen, 20, 200);
    }

    [Fact]
    public void Many_threads_share_one_model()
    {
        var alone = _clip.EncodeText("a photo of a cat").Values.ToArray();
        Parallel.For(0, 32, _ => Assert.Equal(alone, _clip.EncodeText("a photo of a cat").Values.ToArray()));
    }

    [Fact]
    public void A_long_text_is_refused_cut_or_averaged_as_the_options_say()
    {
        var text = string.Join(' ', Enumerable.Repeat("cat", 100));
        Assert.Throws<NClip.Text.ContextOverflowException>(() => _clip.EncodeText(text));
        using var chunked = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"), options: new ClipOptions(Overflow: NClip.Text.ContextOverflow.Chunk));
        Assert.Equal(_clip.EncodeText("a cat").Values.ToArray(), chunked.EncodeText("a cat").Values.ToArray());
        var (first, second) = (chunked.EncodeText(string.Join(' ', Enumerable.Repeat("cat", 75))).Normalized(), chunked.EncodeText(string.Join(' ', Enumerable.Repeat("cat", 25))).Normalized());
        var mean = chunked.EncodeText(text);
        for (var i = 0; i < mean.Columns; i++) Assert.Equal((first[0, i] + second[0, i]) / 2, mean[0, i], 5);
    }

    [Fact]
    public void None_of_these_takes_its_share_from_the_same_distribution()
    {
        var answer = Assert.IsType<LabelDistribution>(_clip.CreateClassifier([new("cat"), new("dog")], none: true).Classify(_clip.EncodeImage(Sample("chelsea.png")).Row(0)));
        Assert.NotNull(answer.None);
        Assert.Equal(1, answer.None!.Value + answer.Ranked.Sum(s => s.Score), 5);
    }

    [Fact]
    public void None_of_these_has_a_share_even_where_the_labels_are_all_the_everyday_things()
    {
        var everyday = NoneOfThese.EverydayNames([new("cat")]).Select(n => new LabelClass(n)).ToArray();
        var answer = Assert.IsType<LabelDistribution>(_clip.CreateClassifier(everyday, none: true).Classify(_clip.EncodeImage(Sample("chelsea.png")).Row(0)));
        Assert.InRange(answer.None!.Value, 0, 1);
    }

    public void Dispose() => _clip.Dispose();
}
