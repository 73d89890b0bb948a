using Xunit;

namespace NClip.Tests.Cli;

public sealed class SimilarityTests
{
    private static Task<Call> Similarity(params string[] more) => Call.Nclip(["similarity", "--image", Path.Combine(Reference.Root, "samples"), "--text", "a cat", "a cup", "--model", Call.Model, .. more]);

    [Fact]
    public async Task The_matrix_has_a_picture_a_row_and_a_text_a_column()
    {
        var r = await Similarity("--json");
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Equal(["chelsea.png", "coffee.png", "rocket.jpg"], r.Json.Select(j => Path.GetFileName(j.GetProperty("file").GetString())));
        foreach (var row in r.Json) Assert.Equal(["a cat", "a cup"], row.GetProperty("similarities").EnumerateArray().Select(s => s.GetProperty("text").GetString()));
        var table = (await Similarity()).Output;
        foreach (var s in r.Json.SelectMany(row => row.GetProperty("similarities").EnumerateArray())) Assert.Contains(FormattableString.Invariant($"{s.GetProperty("cosine").GetDouble():0.000}"), table);
    }

    [Fact]
    public async Task Top_gives_each_texts_nearest_pictures_first()
    {
        var r = await Similarity("--json", "--top", "2");
        Assert.Equal(["a cat", "a cup"], r.Json.Select(j => j.GetProperty("text").GetString()));
        foreach (var text in r.Json)
        {
            var cosines = text.GetProperty("pictures").EnumerateArray().Select(p => p.GetProperty("cosine").GetDouble()).ToArray();
            Assert.Equal(2, cosines.Length);
            Assert.True(cosines[0] >= cosines[1]);
        }
    }

    [Fact]
    public async Task Pictures_may_be_arguments()
    {
        string[] rest = ["--text", "a cat", "a cup", "--model", Call.Model, "--json"];
        var r = await Call.Nclip(["similarity", Call.Sample("chelsea.png"), Call.Sample("coffee.png"), .. rest]);
        Assert.Equal((0, "", 2), (r.Code, r.Error, r.Json.Length));
        Assert.Equal(r.Output, (await Call.Nclip(["similarity", "--image", Call.Sample("chelsea.png"), Call.Sample("coffee.png"), .. rest])).Output);
    }

    [Fact]
    public async Task Words_that_the_model_never_met_are_warned_of()
    {
        var r = await Call.Nclip("similarity", Call.Sample("chelsea.png"), "--text", "flurbex", "a cat", "--json");
        Assert.Equal((0, 1), (r.Code, r.Json.Length));
        Assert.Contains("never met a word of \"flurbex\"", Assert.Single(r.ErrorLines));
    }
}
