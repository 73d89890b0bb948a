using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Queries;

public sealed class SearchQueryTests
{
    private static readonly string _picture = Path.Combine(Reference.Root, "samples", "coffee.png");

    private static (double, string?)[] Parts(string query) => [.. SearchQuery.Parse(query).Terms.Select(t => (t.Weight, t.Text ?? t.Picture!.Name))];

    [Theory]
    [InlineData("a red car")]
    [InlineData("black-and-white photo")]
    [InlineData("C++ book")]
    [InlineData("一辆红色的汽车")]
    public void Words_are_one_text(string query) => Assert.Equal([(1, query)], Parts(query));

    [Fact]
    public void Parts_have_signs_and_weights()
    {
        Assert.Equal([(1, "dog"), (1, _picture), (-1, "people")], Parts($"\"dog\" + {_picture} - \"people\""));
        Assert.Equal([(1, "a dog"), (-0.5, "people"), (2, "snow")], Parts("a dog - 0.5 * people + 2*“snow”"));
        Assert.Equal([(-1, "people"), (1, "beach")], Parts("- people + beach"));
    }

    [Fact]
    public void What_is_in_quotes_is_a_text_whatever_it_is() => Assert.Equal([(1, "black - white"), (1, "beach.jpg")], Parts("\"black - white\" + 「beach.jpg」"));

    [Theory]
    [InlineData("", "nothing to look for")]
    [InlineData("   ", "nothing to look for")]
    [InlineData("dog +  + cat", "a part of 'dog +  + cat' is empty")]
    [InlineData("\"dog", "has no end")]
    [InlineData("dog + nowhere.jpg", "there is no picture 'nowhere.jpg'")]
    public void What_makes_no_sense_is_refused(string query, string why) => Assert.Contains(why, Assert.Throws<SearchException>(() => SearchQuery.Parse(query)).Message);

    [Fact]
    public void Features_are_the_weighted_sum_of_unit_features()
    {
        using var clip = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));
        var text = clip.EncodeText("a cat").Normalized().ToArray();
        var picture = clip.EncodeImage((ImageInput)_picture).Normalized().ToArray();
        var sum = SearchQuery.Parse($"0.5 * a cat - {_picture}").Encode(clip, TestContext.Current.CancellationToken).ToArray();
        for (var i = 0; i < sum.Length; i++) Assert.Equal((0.5f * text[i]) - picture[i], sum[i], 1e-6f);
    }
}
