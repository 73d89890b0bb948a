using NClip.Images;
using NClip.ZeroShot;
using Xunit;

namespace NClip.Tests;

/// <summary>What the front door takes, and what it refuses.</summary>
public sealed class ClipInputsTests : IDisposable
{
    private readonly Clip _clip = Clip.Open(Cli.Call.Model);

    private static string Photo { get; } = Cli.Call.Sample("chelsea.png");

    public void Dispose() => _clip.Dispose();

    [Fact]
    public async Task A_picture_may_be_a_file_bytes_a_stream_or_pixels()
    {
        var bytes = File.ReadAllBytes(Photo);
        using var stream = new MemoryStream(bytes);
        using var pipe = File.OpenRead(Photo);
        var expected = _clip.EncodeImage(Photo).ToArray();
        ImageInput[] pictures = [Photo, bytes, (ReadOnlyMemory<byte>)bytes, ImageInput.From(stream), ImageInput.From(pipe, "pipe"), RgbImage.Load(Photo)];
        var one = _clip.EncodeImage(pictures);
        for (var i = 0; i < pictures.Length; i++) Assert.Equal(one.Row(0).ToArray(), one.Row(i).ToArray());
        Assert.Equal(expected, _clip.EncodeImage(bytes).ToArray());
        Assert.Equal(_clip.Preprocess(Photo).Pixels.ToArray(), _clip.Preprocess(bytes).Pixels.ToArray());
        Assert.Equal(_clip.Classify(Photo, "cat", "dog").Ranked, _clip.Classify(bytes, "cat", "dog").Ranked);
        Assert.Equal(_clip.Classify(Photo, "cat", "dog").Ranked, (await _clip.ClassifyAsync(bytes, ["cat", "dog"], TestContext.Current.CancellationToken)).Ranked);
        Assert.Equal(bytes.Length, stream.Position);
        Assert.True(pipe.CanRead);
    }

    [Fact]
    public void More_pictures_than_are_held_at_once_are_encoded_as_in_one_batch()
    {
        var inputs = Enumerable.Range(0, 70).Select(i => (ImageInput)new RgbImage(4, 4, Enumerable.Range(i, 48).Select(v => (byte)(v * 7)).ToArray())).ToArray();
        Assert.Equal(_clip.EncodeImage(_clip.Preprocess(inputs)).ToArray(), _clip.EncodeImage(inputs).ToArray());
        inputs[66] = "missing.png";
        Assert.Equal("missing.png", Assert.Throws<ImageException>(() => _clip.EncodeImage(inputs)).File);
        inputs[66] = new byte[10];
        Assert.StartsWith("picture 66: ", Assert.Throws<ImageException>(() => _clip.EncodeImage(inputs)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_null_or_empty_is_refused_in_words()
    {
        (Action Call, string Said)[] cases =
        [
            (() => _clip.Classify(Photo, (IReadOnlyList<string>)null!), "the list of labels is null"),
            (() => _clip.Classify(Photo), "no label was given"),
            (() => _clip.Classify(Photo, "cat", null!), "label 1 of 2 is null"),
            (() => _clip.Classify(Photo, "cat", " "), "label 1 of 2 is empty"),
            (() => _clip.Classify(null!, "cat"), "the picture is null"),
            (() => _clip.Classify((string)null!, "cat"), "the name of a picture's file is null"),
            (() => _clip.Classify((byte[])null!, "cat"), "the array of a picture's bytes is null"),
            (() => _clip.CreateClassifier((IReadOnlyList<LabelClass>)null!), "the list of classes is null"),
            (() => _clip.CreateClassifier(Array.Empty<LabelClass>()), "no class was given"),
            (() => _clip.CreateClassifier([new LabelClass("a"), null!]), "class 1 of 2 is null"),
            (() => _ = new LabelClass("a", []), "the class \"a\" has no name"),
            (() => _ = new LabelClass("a", ["b", ""]), "the class \"a\" has an empty name"),
            (() => _ = new LabelClass(""), "an empty label"),
            (() => PromptTemplates.Of(["{}", null!]), "template 1 of 2 is null"),
            (() => _clip.EncodeText("a", null!), "text 1 of 2 is null"),
            (() => _clip.EncodeText((IReadOnlyList<string>)null!), "the list of texts is null"),
            (() => _clip.Tokenize(null!, CancellationToken.None), "the list of texts is null"),
            (() => _clip.Preprocess(Photo, (string)null!), "file 1 of 2 is null"),
            (() => _clip.EncodeImage((IReadOnlyList<ImageInput>)null!), "the list of pictures is null"),
            (() => _clip.EncodeImagesAsync((IEnumerable<string>)null!), "the list of files is null"),
            (() => _clip.Similarity(null!, null!), "the matrix of picture features is null"),
            (() => Clip.Open(null!), "the path of a model is null"),
        ];
        foreach (var (call, said) in cases)
        {
            var e = Assert.Throws<ArgumentException>(call);
            Assert.Contains(said, e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("Parameter '", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Long_work_hears_a_cancellation()
    {
        var stop = new CancellationToken(true);
        string[] texts = [.. Enumerable.Repeat("a cat", 1000)];
        Action[] calls =
        [
            () => _clip.Preprocess([Photo], stop), () => _clip.EncodeImage([Photo], stop), () => _clip.Tokenize(texts, stop), () => _clip.EncodeText(texts, stop), () => _clip.Classify(Photo, ["cat"], stop),
            () => _clip.CreateClassifier([new("cat")], cancellationToken: stop), () => _clip.Logits(_clip.Preprocess(Photo), _clip.Tokenize("a cat"), stop),
        ];
        foreach (var call in calls) Assert.ThrowsAny<OperationCanceledException>(call);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _clip.CreateClassifierAsync([new("cat")], cancellationToken: stop));
    }

    [Fact]
    public void The_features_of_labels_are_kept_and_the_answers_are_the_same_without()
    {
        using var none = Clip.Open(Cli.Call.Model, options: new ClipOptions(LabelCacheSize: 0));
        var first = _clip.Classify(Photo, "cat", "dog", "teapot").Ranked;
        Assert.Equal(first, _clip.Classify(Photo, "cat", "dog", "teapot").Ranked);
        Assert.Equal(first, none.Classify(Photo, "cat", "dog", "teapot").Ranked);
        Assert.Contains("LabelCacheSize is -1", Assert.Throws<ClipException>(() => Clip.Open(Cli.Call.Model, options: new ClipOptions(LabelCacheSize: -1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_none_of_these_is_likelier_there_is_a_best_label_and_no_answer()
    {
        var sure = new LabelDistribution(["x", "y"], [1, 2], [0.1f, 0.2f], noneLogit: 3);
        Assert.True(sure.IsNone);
        Assert.Equal("y", sure.Best.Label);
        Assert.Null(sure.Answer);
        var other = new LabelDistribution(["x", "y"], [1, 4], [0.1f, 0.2f], noneLogit: 3);
        Assert.Equal(other.Best, other.Answer);
        Assert.Equal("y", new LabelCosines(["x", "y"], [1, 2]).Answer!.Value.Label);
    }
}
