using NClip.Architectures;
using NClip.ZeroShot;
using Xunit;

namespace NClip.Tests.ZeroShot;

public sealed class LabelScoresTests
{
    private static ZeroShotClassifier Axes(LogitKind kind, float bias = 0) => new(["x", "y"], new Matrix(2, 2, [1, 0, 0, 1]), 2, bias, kind);

    [Fact]
    public void A_softmax_model_gives_shares_that_add_up_to_one()
    {
        var answer = Assert.IsType<LabelDistribution>(Axes(LogitKind.Softmax).Classify([3, 0]));
        Assert.Equal("x", answer.Best.Label);
        Assert.Equal(1 / (1 + Math.Exp(-2)), answer.Best.Score, 6);
        Assert.Equal(1, answer.Ranked.Sum(s => s.Score), 6);
        Assert.Null(answer.None);
    }

    [Fact]
    public void A_sigmoid_model_gives_independent_probabilities()
    {
        var answer = Assert.IsType<LabelProbabilities>(Axes(LogitKind.Sigmoid, bias: -1).Classify([0, 5]));
        Assert.Equal("y", answer.Best.Label);
        Assert.Equal(1 / (1 + Math.Exp(-1)), answer.Best.Score, 6);
        Assert.Equal(1 / (1 + Math.Exp(1)), answer.Ranked[1].Score, 6);
    }

    [Fact]
    public void Cosines_are_ranked_and_are_their_own_scores()
    {
        var answer = Axes(LogitKind.Softmax).Compare([0.6f, 0.8f]);
        Assert.Equal(["y", "x"], answer.Ranked.Select(s => s.Label));
        Assert.All(answer.Ranked, s => Assert.Equal(s.Cosine, s.Score));
        Assert.Equal(0.8f, answer.Best.Score, 6);
    }

    [Fact]
    public void A_threshold_keeps_the_labels_at_or_above_it()
    {
        var answer = Axes(LogitKind.Softmax).Compare([0.6f, 0.8f]);
        Assert.Equal(["y"], answer.Above(0.7f).Select(s => s.Label));
        Assert.Empty(answer.Above(0.9f));
    }

    [Fact]
    public void Equal_scores_keep_the_order_of_the_labels()
        => Assert.Equal(["x", "y"], Axes(LogitKind.Softmax).Classify([1, 1]).Ranked.Select(s => s.Label));

    [Theory]
    [InlineData("cat", new[] { "a photo of a cat." })]
    [InlineData("苹果", new[] { "一张苹果的照片。" })]
    public void The_template_follows_the_labels_script(string name, string[] prompts) => Assert.Equal(prompts, PromptTemplates.Default.Fill(name));

    [Fact]
    public void A_template_without_a_place_for_the_name_is_refused()
        => Assert.Contains("{}", Assert.Throws<ArgumentException>(() => PromptTemplates.Of(["a photo"])).Message, StringComparison.Ordinal);

    [Fact]
    public void Several_names_make_one_class()
    {
        var c = LabelClass.Parse(" cat | kitten ");
        Assert.Equal("cat", c.Label);
        Assert.Equal(["cat", "kitten"], c.Names);
    }
}
