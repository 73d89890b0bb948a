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

    [Fact]
    public void It_fits_its_limit()
        => Assert.True(Directory.EnumerateFiles(Path.Combine(Reference.Root, "models", "nclip-mini")).Sum(f => new FileInfo(f).Length) <= 40_000_000);
}
