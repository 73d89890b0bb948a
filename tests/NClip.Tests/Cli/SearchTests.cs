using System.Diagnostics;
using System.Text;
using NClip.Cli.Searching;
using NClip.Search;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary><c>nclip index</c>, <c>search</c>, <c>duplicates</c> and <c>cluster</c> with the model that is beside the program.</summary>
public sealed class SearchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SearchTests()
    {
        foreach (var f in (string[])["chelsea.png", "coffee.png", "rocket.jpg"])
        {
            Directory.CreateDirectory(_folder["photos"]);
            File.Copy(Call.Sample(f), Path.Combine(_folder["photos"], f));
        }
    }

    public void Dispose() => _folder.Dispose();

    private string Gallery => _folder["g"];

    private Task<Call> Index(params string[] more) => Call.Nclip(["index", _folder["photos"], "--into", Gallery, .. more]);

    private Task<Call> Search(params string[] words) => Call.Nclip(["search", Gallery, .. words]);

    private static string[] Files(Call r) => [.. r.Json.Select(j => Path.GetFileName(j.GetProperty("file").GetString()!))];

    [Fact]
    public async Task A_folder_is_indexed_and_answers_in_English_and_Chinese()
    {
        var r = await Index("--json");
        Assert.Equal((0, """{"added":3,"changed":0,"removed":0,"unchanged":0,"failed":0,"total":3}""", ""), (r.Code, r.Output.Trim(), r.Error));
        Assert.Equal(3, (await Index("--json")).Json[0].GetProperty("unchanged").GetInt32());
        Assert.Equal(["coffee.png"], Files(await Search("a", "cup", "of", "coffee", "--top", "1", "--json")));
        Assert.Equal(["rocket.jpg"], Files(await Search("火箭", "--top", "1", "--json")));
        Assert.Equal("chelsea.png", Files(await Search("--image", Call.Sample("chelsea.png"), "--json"))[0]);
        Assert.Equal("coffee.png", Files(await Search($"\"a cat\" + 2 * \"a cup of coffee\" - {Call.Sample("chelsea.png")}", "--json"))[0]);
        Assert.Equal(["rocket.jpg"], Files(await Search("a cat", "--path", "ROCKET", "--json")));
        var shown = await Search("a cat", "--top", "1");
        Assert.Matches(@"^ 0\.\d{3}  .*chelsea\.png\n$", shown.Output);
    }

    [Fact]
    public async Task A_broken_file_is_named_and_the_others_are_indexed()
    {
        var broken = _folder.Write("photos/broken.jpg", "no picture");
        File.SetLastWriteTimeUtc(broken, new DateTime(2020, 1, 1)); // one that was just written is read again
        var r = await Index("--json");
        Assert.Equal((1, 1, 3), (r.Code, r.Json[0].GetProperty("failed").GetInt32(), r.Json[0].GetProperty("total").GetInt32()));
        Assert.Contains("broken.jpg: this is text", Assert.Single(r.ErrorLines));
        Assert.Contains("broken.jpg", (await Call.Nclip("index", "--errors", "--into", Gallery)).Output);
        Assert.Equal(broken, (await Call.Nclip("index", "--errors", "--into", Gallery, "--json")).Json[0].GetProperty("file").GetString());
        var again = await Call.Nclip("index", "--into", Gallery); // the folders that it has
        Assert.Equal(1, again.Code);
        Assert.Contains("nclip index --errors", Assert.Single(again.ErrorLines));
        Assert.Equal(0, (await Call.Nclip("index", "--check", "--into", Gallery)).Code);
    }

    [Fact]
    public async Task What_cannot_be_carried_out_is_refused()
    {
        (await Call.Nclip("search", _folder["nowhere"], "a cat")).AssertRefused(2, "there is no such gallery");
        (await Call.Nclip("index", "--into", Gallery)).AssertRefused(2, "there is no folder");
        (await Call.Nclip("index", _folder["nowhere"], "--into", Gallery)).AssertRefused(2, "there is no such folder");
        await Index();
        (await Search()).AssertRefused(2, "nothing to look for");
        (await Search("dog", "+", "nowhere.jpg")).AssertRefused(2, "there is no picture 'nowhere.jpg'");
        (await Search("a cat", "--model", Call.Model)).AssertRefused(2, "vectors of nclip-mini", "Leave --model out");
        (await Index("--model", Call.Model)).AssertRefused(2, "vectors of nclip-mini", "--reembed");
        (await Search("a cat", "--near", "91,0,1")).AssertRefused(2, "--near is '91,0,1'");
        (await Search("a cat", "--after", "yesterday")).AssertRefused(2, "--after is 'yesterday'");
        (await Search("a cat", "--size", "big")).AssertRefused(2, "--size is 'big'");
        using (File.Open(Path.Combine(Gallery, "writer.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            (await Index()).AssertRefused(2, "another process writes to this gallery now");
        Assert.Contains("no picture fulfils the filters", (await Search("a cat", "--after", "2030")).Error);
        Assert.Contains("the best has", (await Search("a cat", "--threshold", "0.99")).Error);
    }

    [Fact]
    public async Task Copies_are_grouped_and_the_better_one_is_kept()
    {
        File.Copy(Call.Sample("coffee.png"), _folder["photos/a copy of coffee.png"]);
        await Index();
        var group = Assert.Single((await Call.Nclip("duplicates", Gallery, "--json")).Json);
        Assert.Equal(("coffee.png", "shortest path"), (Path.GetFileName(group.GetProperty("keep").GetString()), group.GetProperty("reason").GetString()));
        Assert.True(group.GetProperty("others")[0].GetProperty("copy").GetBoolean());
        Assert.Contains(" copy  ", (await Call.Nclip("duplicates", Gallery)).Output);
    }

    [Fact]
    public async Task Albums_are_named_by_the_labels_that_fit()
    {
        await Index();
        var albums = (await Call.Nclip("cluster", Gallery, "--albums", "3", "--labels", "cat,coffee,rocket,banana", "--json")).Json;
        Assert.Equal(["cat: chelsea.png", "coffee: coffee.png", "rocket: rocket.jpg"], albums.Select(a => $"{a.GetProperty("album").GetString()}: {Path.GetFileName(a.GetProperty("files")[0].GetString())}").Order(StringComparer.Ordinal));
        Assert.Contains("coffee.png", (await Call.Nclip("cluster", Gallery)).Output);
    }

    [Fact]
    public async Task Features_that_were_made_by_embed_answer_as_those_of_an_index_run()
    {
        await Index();
        Assert.Equal(0, (await Call.Nclip("embed", "images", _folder["photos"], "-o", _folder["f.npy"])).Code);
        var made = await Call.Nclip("index", "--features", _folder["f.npy"], "--into", _folder["made"], "--json");
        Assert.Equal((0, 3), (made.Code, made.Json[0].GetProperty("added").GetInt32()));
        Assert.Equal((await Search("a cat", "--top", "3")).Output, (await Call.Nclip("search", _folder["made"], "a cat", "--top", "3")).Output);
        Assert.Equal(3, (await Call.Nclip("index", _folder["photos"], "--into", _folder["made"], "--json")).Json[0].GetProperty("unchanged").GetInt32());
        File.AppendAllText(_folder["f.npy.rows.jsonl"], "{\"file\":\"more.png\"}\n");
        (await Call.Nclip("index", "--features", _folder["f.npy"], "--into", Gallery)).AssertRefused(2, "it has 3 rows", "has more names");
        File.WriteAllText(_folder["f.npy"], "no table");
        (await Call.Nclip("index", "--features", _folder["f.npy"], "--into", Gallery)).AssertRefused(2, "it is no .npy file");
        (await Call.Nclip("index", "--features", _folder["g.npy"], "--into", Gallery)).AssertRefused(2, "there is no file");
    }

    [Fact]
    public void The_page_of_answers_escapes_names_and_asks_nothing_from_elsewhere()
    {
        var page = AnswerPage.Html("<script>alert(1)</script>", [new Match("/a/\"><img src=x onerror=alert(1)>.jpg", 0.5f, new PictureFacts())]);
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("<img src=x", page);
        Assert.Contains("default-src 'none'", page);
        Assert.DoesNotContain("http:", page);
    }

    [Fact]
    public async Task A_run_that_is_killed_again_and_again_ends_in_the_answers_of_one_run()
    {
        for (var i = 0; i < 60; i++)
            File.WriteAllBytes(_folder[$"photos/{i:00}.ppm"], [.. Encoding.ASCII.GetBytes("P6\n64 48\n255\n"), .. Enumerable.Range(0, 64 * 48 * 3).Select(k => (byte)((k * (i + 1)) + (i * 7)))]);
        await Index("--batch", "4");
        var (killed, kills, random) = (_folder["killed"], 0, new Random(3));
        for (var i = 0; i < 6; i++)
        {
            using var process = Process.Start(Call.Process("index", _folder["photos"], "--into", killed, "--batch", "4"))!;
            if (process.WaitForExit(random.Next(300, 1500))) continue;
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            kills++;
        }
        (await Call.Nclip("index", _folder["photos"], "--into", killed, "--batch", "4")).AssertDone();
        (await Call.Nclip("index", "--check", "--into", killed)).AssertDone();
        Assert.True(kills > 0, "no run was killed");
        string[] Answers(Call r) => [.. r.Json.Select(j => $"{Path.GetFileName(j.GetProperty("file").GetString())} {j.GetProperty("score").GetSingle():0.0000}")];
        Assert.Equal(Answers(await Search("stripes", "--top", "63", "--json")), Answers(await Call.Nclip("search", killed, "stripes", "--top", "63", "--json")));
    }
}
