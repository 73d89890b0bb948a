using System.Text.Json;
using Xunit;

namespace NClip.Tests.Cli;

public sealed class ClassifyTests
{
    private static Task<Call> Classify(params string[] more) => Call.Nclip(["classify", .. more, "--model", Call.Model]);

    [Fact]
    public async Task Json_has_file_and_predictions_best_first_that_add_up_to_one()
    {
        var r = await Classify(Call.Sample("chelsea.png"), "--labels", "cat,dog,teapot", "--json");
        Assert.Equal((0, ""), (r.Code, r.Error));
        var answer = Assert.Single(r.Json);
        Assert.Equal(["file", "predictions"], answer.EnumerateObject().Select(p => p.Name));
        Assert.Equal(Call.Sample("chelsea.png"), answer.GetProperty("file").GetString());
        var predictions = answer.GetProperty("predictions").EnumerateArray().ToArray();
        Assert.Equal(["label", "score", "cosine"], predictions[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(["cat", "dog", "teapot"], predictions.Select(Label).Order());
        var scores = predictions.Select(p => p.GetProperty("score").GetDouble()).ToArray();
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal(1, scores.Sum(), 5);
    }

    [Fact]
    public async Task The_answer_is_the_librarys()
    {
        using var clip = Clip.Open(Call.Model, options: new ClipOptions(Prepack: false)); // as the command does for a few pictures: the last bit depends on it
        var expected = clip.Classify(Call.Sample("coffee.png"), "cup", "cat").Ranked;
        var r = await Classify(Call.Sample("coffee.png"), "--labels", "cup,cat", "--json");
        var got = r.Json[0].GetProperty("predictions").EnumerateArray().Select(p => (Label(p), p.GetProperty("score").GetSingle(), p.GetProperty("cosine").GetSingle()));
        Assert.Equal(expected.Select(e => (e.Label, e.Score, e.Cosine)), got);
    }

    [Fact]
    public async Task Top_and_threshold_limit_the_labels()
    {
        var all = (await Classify(Call.Sample("rocket.jpg"), "--labels", "a,b,c,d,e,f,g", "--json")).Json[0].GetProperty("predictions").EnumerateArray().ToArray();
        var top = (await Classify(Call.Sample("rocket.jpg"), "--labels", "a,b,c,d,e,f,g", "--json", "--top", "2")).Json[0].GetProperty("predictions");
        Assert.Equal(7, all.Length);
        Assert.Equal(all[..2].Select(Label), top.EnumerateArray().Select(Label));
        var none = (await Classify(Call.Sample("rocket.jpg"), "--labels", "a,b,c,d,e,f,g", "--json", "--threshold", "1")).Json[0].GetProperty("predictions");
        Assert.Empty(none.EnumerateArray());
    }

    [Fact]
    public async Task None_of_these_has_a_share_of_its_own()
    {
        var answer = (await Classify(Call.Sample("rocket.jpg"), "--labels", "cat,dog", "--json", "--none")).Json[0];
        var share = answer.GetProperty("none_score").GetDouble();
        var best = answer.GetProperty("predictions")[0].GetProperty("score").GetDouble();
        Assert.Equal(share > best, answer.GetProperty("none").GetBoolean());
        Assert.Equal(1, share + answer.GetProperty("predictions").EnumerateArray().Sum(p => p.GetProperty("score").GetDouble()), 5);
        Assert.Contains("none of these", (await Classify(Call.Sample("rocket.jpg"), "--labels", "cat,dog", "--none")).Output);
    }

    [Theory]
    [InlineData("cat", "the only label")]
    [InlineData("cat|dog|cup", "| joins names of one label")]
    public async Task A_lone_label_is_no_choice_and_is_warned_of(string labels, string says)
    {
        var r = await Classify(Call.Sample("rocket.jpg"), "--labels", labels, "--json");
        Assert.Equal((0, 1), (r.Code, r.Json.Length));
        Assert.Contains(says, Assert.Single(r.ErrorLines));
        Assert.Equal("", (await Classify(Call.Sample("rocket.jpg"), "--labels", labels, "--none")).Error);
    }

    [Fact]
    public async Task Files_that_fail_are_named_and_the_others_answered()
    {
        var r = await Classify(Call.Sample("chelsea.png"), "no/such.jpg", Call.Sample("README.md"), Call.Sample("rocket.jpg"), "--labels", "cat,dog", "--json");
        Assert.Equal(1, r.Code);
        Assert.Equal(["chelsea.png", "rocket.jpg"], r.Json.Select(a => Path.GetFileName(a.GetProperty("file").GetString())));
        Assert.Equal(2, r.ErrorLines.Length);
        Assert.Contains("no/such.jpg", r.Error);
        Assert.Contains("README.md", r.Error);
    }

    [Fact]
    public async Task One_file_that_is_no_picture_ends_with_1() => (await Classify(Call.Sample("README.md"), "--labels", "cat,dog")).AssertRefused(1, "README.md");

    [Fact]
    public async Task A_person_gets_paths_and_bars_without_escape_codes_in_a_file()
    {
        var r = await Classify(Path.Combine(Reference.Root, "samples"), "--labels", "猫,狗", "--top", "1");
        Assert.Equal((0, ""), (r.Code, r.Error));
        foreach (var f in (string[])["chelsea.png", "coffee.png", "rocket.jpg"]) Assert.Contains(Call.Sample(f) + Environment.NewLine, r.Output);
        Assert.Contains('█', r.Output);
        Assert.Contains(" %", r.Output);
        Assert.DoesNotContain('\e', r.Output);
        Assert.True(r.Output.Contains('猫', StringComparison.Ordinal) || r.Output.Contains('狗', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chinese_labels_stay_readable_in_json() => Assert.Contains("\"苹果\"", (await Classify(Call.Sample("rocket.jpg"), "--labels", "苹果，香蕉", "--json")).Output);

    [Fact]
    public async Task Templates_come_from_a_file_or_a_named_set()
    {
        using var folder = new TemporaryFolder();
        string[] call = [Call.Sample("chelsea.png"), "--labels", "cat,dog", "--json", "--templates"];
        var plain = await Classify([.. call, "none"]);
        Assert.NotEqual(plain.Output, (await Classify([.. call, "cifar10"])).Output);
        Assert.Equal(plain.Output, (await Classify([.. call, folder.Write("t.txt", "{}\n")])).Output);
        (await Classify([.. call, folder.Write("bad.txt", "a photo\n")])).AssertRefused(2, "bad.txt", "{}");
    }

    [Fact]
    public async Task A_label_longer_than_the_context_makes_the_call_unusable_or_is_cut_if_asked_for()
    {
        var label = string.Join(' ', Enumerable.Repeat("cat", 100));
        (await Classify(Call.Sample("rocket.jpg"), "--labels", label)).AssertRefused(2, "tokens");
        foreach (var how in (string[])["truncate", "chunk"]) Assert.Equal(0, (await Classify(Call.Sample("rocket.jpg"), "--labels", label, "--overflow", how)).Code);
    }

    private static string Label(JsonElement p) => p.GetProperty("label").GetString()!;
}
