using NClip.ZeroShot;
using Xunit;

namespace NClip.Tests;

/// <summary>What a user sees at the first command: the model that the repository carries, on three photos, in two languages.</summary>
public sealed class EmbeddedModelTests
{
    private static readonly Clip _clip = Clip.Open(Path.Combine(Reference.Root, "models", "nclip-mini"));

    [Theory]
    [InlineData("chelsea.png", "cat")]
    [InlineData("coffee.png", "coffee")]
    [InlineData("rocket.jpg", "rocket")]
    public void English_names_are_right(string file, string label)
        => Assert.Equal(label, _clip.Classify(Path.Combine(Reference.Root, "samples", file), "cat", "dog", "coffee", "rocket", "banana").Best.Label);

    [Theory]
    [InlineData("chelsea.png", "猫")]
    [InlineData("coffee.png", "咖啡")]
    [InlineData("rocket.jpg", "火箭")]
    public void Chinese_names_are_right(string file, string label)
        => Assert.Equal(label, _clip.Classify(Path.Combine(Reference.Root, "samples", file), "猫", "狗", "咖啡", "火箭", "香蕉").Best.Label);

    [Fact]
    public void A_label_of_words_it_never_met_is_told()
        => Assert.Equal(["qwzxv"], _clip.UnknownLabels(["cat", "qwzxv", "苹果"]));

    [Theory]
    [InlineData("chelsea.png")]
    [InlineData("coffee.png")]
    [InlineData("rocket.jpg")]
    public void A_label_of_words_it_never_met_is_never_a_confident_answer(string file)
    {
        var photo = Path.Combine(Reference.Root, "samples", file);
        Assert.All(_clip.Classify(photo, "qwzxv", "flurbex").Ranked, s => Assert.Equal(0.5f, s.Score, 5));
        var beside = _clip.Classify(photo, "dog", "qwzxv").Ranked.ToDictionary(s => s.Label);
        Assert.True(beside["qwzxv"].Score <= beside["dog"].Score + 1e-6f, $"qwzxv {beside["qwzxv"].Score}, dog {beside["dog"].Score}");
    }

    [Fact]
    public void A_class_with_a_known_name_goes_by_that_name()
    {
        var clip = _clip.CreateClassifier(new LabelClass[] { new("qwzxv", ["qwzxv", "rocket"]), new("cat") });
        var answer = clip.Classify(_clip.EncodeImage(Path.Combine(Reference.Root, "samples", "rocket.jpg")).Row(0));
        Assert.Equal("qwzxv", answer.Best.Label);
        Assert.Equal(_clip.Classify(Path.Combine(Reference.Root, "samples", "rocket.jpg"), "rocket", "cat").Best.Cosine, answer.Best.Cosine, 6);
    }

    [Fact]
    public void It_fits_its_limit()
        => Assert.True(Directory.EnumerateFiles(Path.Combine(Reference.Root, "models", "nclip-mini")).Sum(f => new FileInfo(f).Length) <= 40_000_000);
}
