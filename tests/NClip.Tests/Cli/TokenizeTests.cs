using System.Text.Json;
using NClip.Text;
using Xunit;

namespace NClip.Tests.Cli;

public sealed class TokenizeTests
{
    private static int[] Ids(JsonElement e) => [.. e.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];

    [Fact]
    public async Task Texts_get_their_ids_without_start_and_end()
    {
        var r = await Call.Nclip("tokenize", "a photo of a cat", "", "--json");
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Equal([320, 1125, 539, 320, 2368], Ids(r.Json[0]));
        Assert.Equal("""{"id":1,"ids":[]}""", r.Output.Split('\n')[1]);
    }

    [Fact]
    public async Task Ids_of_a_file_are_kept_as_they_are_and_a_bad_line_is_named()
    {
        using var folder = new TemporaryFolder();
        var input = folder.Write("in.jsonl", """
            {"id": "x-7", "text": "a dog", "more": [1]}

            {"text": "a cat"}
            no json
            {"id": {"a": 1}, "text": 5}
            {"id": 12345678901234567890, "text": "猫"}
            """);
        var r = await Call.Nclip("tokenize", "--input", input, "--output", folder["out.jsonl"]);
        Assert.Equal((1, ""), (r.Code, r.Output));
        Assert.Equal(2, r.ErrorLines.Length);
        Assert.Contains("line 4", r.ErrorLines[0]);
        Assert.Contains("line 5", r.ErrorLines[1]);
        var lines = (await File.ReadAllLinesAsync(folder["out.jsonl"], TestContext.Current.CancellationToken)).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal(["\"x-7\"", "2", "12345678901234567890"], lines.Select(l => l.GetProperty("id").GetRawText()));
        Assert.Equal(ClipTokenizer.Default.Encode("猫"), Ids(lines[2]));
    }

    [Fact]
    public async Task A_person_sees_each_token_with_its_text()
    {
        var r = await Call.Nclip("tokenize", "a cat");
        Assert.Contains("2368  cat", r.Output);
        Assert.Contains("2 tokens  (OpenAI's; or --model NAME)", r.Output);
    }

    [Fact]
    public async Task A_missing_input_ends_with_2() => (await Call.Nclip("tokenize", "--input", "none.jsonl")).AssertRefused(2, "none.jsonl");

    [Fact]
    public async Task A_models_own_tokens_are_shown_where_it_is_named()
    {
        var r = await Call.Nclip("tokenize", "一只猫", "--model", "nclip-mini", "--json");
        Assert.Equal([58, 105, 125], Ids(Assert.Single(r.Json)));
    }

    [Fact]
    public async Task A_file_without_json_has_a_text_a_line()
    {
        using var folder = new TemporaryFolder();
        var r = await Call.Nclip("tokenize", "--input", folder.Write("plain.txt", "\uFEFFa cat\r\n\n  a {dog}\n"));
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Equal([ClipTokenizer.Default.Encode("a cat"), ClipTokenizer.Default.Encode("  a {dog}")], r.Json.Select(Ids));
    }
}
