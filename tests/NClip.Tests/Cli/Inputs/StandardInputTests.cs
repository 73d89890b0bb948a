using System.Text;
using System.Text.Json;
using Xunit;

namespace NClip.Tests.Cli.Inputs;

public sealed class StandardInputTests
{
    private static readonly string[] _labels = ["--labels", "cat,dog", "--json", "--model", Call.Model];

    private static byte[] Bytes(string file) => File.ReadAllBytes(Call.Sample(file));

    private static string FileOf(JsonElement e) => e.GetProperty("file").GetString()!;

    [Fact]
    public async Task A_dash_is_a_picture_on_standard_input_at_its_place()
    {
        var r = await Call.Fed(Bytes("chelsea.png"), ["classify", Call.Sample("rocket.jpg"), "-", Call.Sample("coffee.png"), .. _labels]);
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Equal([Call.Sample("rocket.jpg"), "-", Call.Sample("coffee.png")], r.Json.Select(FileOf));
        var alone = await Call.Nclip(["classify", Call.Sample("rocket.jpg"), Call.Sample("chelsea.png"), Call.Sample("coffee.png"), .. _labels]);
        Assert.Equal(alone.Json[1].GetProperty("predictions").GetRawText(), r.Json[1].GetProperty("predictions").GetRawText());
    }

    [Fact]
    public async Task What_is_no_picture_is_named_by_a_dash()
        => (await Call.Fed("no picture"u8.ToArray(), ["classify", "-", .. _labels])).AssertRefused(1, "nclip: -: ");

    [Fact]
    public async Task Other_commands_that_read_pictures_take_it_too()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("-", FileOf(Assert.Single((await Call.Fed(Bytes("coffee.png"), "similarity", "-", "--text", "a", "--json", "--model", Call.Model)).Json)));
        Assert.Equal(0, (await Call.Fed(Bytes("coffee.png"), "embed", "images", "-", "-o", folder["x.npy"], "--model", Call.Model)).Code);
        Assert.Contains("\"file\":\"-\"", await File.ReadAllTextAsync(folder["x.npy.rows.jsonl"], TestContext.Current.CancellationToken));
        Assert.Equal(0, (await Call.Fed(Bytes("coffee.png"), "preprocess", "-", "-o", folder["x.safetensors"], "--pipeline", "clip", "--size", "8")).Code);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\0")]
    public async Task A_list_of_names_may_come_from_it(string end)
    {
        var list = $"{Call.Sample("rocket.jpg")}{end}{Call.Sample("chelsea.png")}{end}";
        var r = await Call.Fed(Encoding.UTF8.GetBytes(list), ["classify", Call.Sample("coffee.png"), "--files-from", "-", .. _labels]);
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Equal([Call.Sample("coffee.png"), Call.Sample("rocket.jpg"), Call.Sample("chelsea.png")], r.Json.Select(FileOf));
    }

    [Fact]
    public async Task A_list_of_names_may_be_a_file()
    {
        using var folder = new TemporaryFolder();
        var r = await Call.Nclip(["classify", "--files-from", folder.Write("list", Call.Sample("rocket.jpg") + "\n\nmissing.png\n"), .. _labels]);
        Assert.Equal((1, 1), (r.Code, r.Json.Length));
        Assert.Contains("missing.png", Assert.Single(r.ErrorLines));
    }

    [Theory]
    [InlineData("a cat\na dog\n")]
    [InlineData("\n{\"text\":\"a cat\"}\n{\"text\":\"a dog\"}")]
    public async Task Texts_may_come_from_it_plain_or_as_json(string input)
    {
        using var folder = new TemporaryFolder();
        var r = await Call.Fed(Encoding.UTF8.GetBytes(input), "embed", "texts", "--input", "-", "-o", folder["x.npy"], "--model", Call.Model);
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.Equal(["""{"row":0,"text":"a cat"}""", """{"row":1,"text":"a dog"}"""], await File.ReadAllLinesAsync(folder["x.npy.rows.jsonl"], TestContext.Current.CancellationToken));
    }
}
