using System.Diagnostics;
using NClip.Cli;
using NClip.Cli.Embedding;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary><c>nclip embed manifest</c>, <c>images --shards</c>, <c>verify</c>, <c>merge</c>.</summary>
public sealed class EmbedShardTests : IDisposable
{
    private const int Shards = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Twelve pictures, the one of this number broken, and their manifest.</summary>
    private async Task Make(int broken = 6)
    {
        foreach (var i in Enumerable.Range(0, 12)) _folder.Write($"photos/{i:00}.ppm", i == broken ? "no picture" : $"P3 2 1 255\n{i * 20} 9 {255 - i} 100 {i} 3\n");
        (await Call.Nclip("embed", "manifest", _folder["photos"], "-o", Manifest, "--shards", $"{Shards}")).AssertDone();
    }

    private string Manifest => _folder["manifest.json"];

    private string[] Worker(string folder, int shard, params string[] more) => ["embed", "images", "--shards", Manifest, "--shard", $"{shard}/{Shards}", "-o", _folder[folder], "--model", Call.Model, "--batch", "2", .. more];

    private async Task All(string folder)
    {
        foreach (var s in Enumerable.Range(0, Shards))
        {
            var r = await Call.Nclip(Worker(folder, s));
            Assert.True(r.Code is 0 or 1, $"exit code {r.Code}: {r.Error}");
        }
    }

    private Task<Call> Verify(string folder, params string[] more) => Call.Nclip(["embed", "verify", Manifest, _folder[folder], .. more]);

    private SortedDictionary<string, string> Content(string folder)
        => new(Directory.EnumerateFiles(_folder[folder]).ToDictionary(f => Path.GetFileName(f), f => Convert.ToHexString(File.ReadAllBytes(f))), StringComparer.Ordinal);

    [Theory, InlineData(".npy"), InlineData(".safetensors"), InlineData(".parquet")]
    public async Task The_merged_file_is_that_of_one_call_to_the_bit(string extension)
    {
        await Make();
        await All("shards");
        foreach (var more in (string[][])[[], ["--normalize"]])
        {
            var merged = await Call.Nclip(["embed", "merge", Manifest, _folder["shards"], "-o", _folder[$"merged{extension}"], .. more]);
            var once = await Call.Nclip(["embed", "images", _folder["photos"], "-o", _folder[$"once{extension}"], "--model", Call.Model, "--batch", "2", .. more]);
            Assert.Equal((1, 1), (once.Code, merged.Code));
            Assert.Equal(once.Error, merged.Error);
            foreach (var beside in (string[])["", ".rows.jsonl", ".errors.jsonl"])
                Assert.Equal(Bytes($"once{extension}{beside}"), Bytes($"merged{extension}{beside}"));
        }
        Assert.True(extension == ".parquet" || File.ReadAllLines(_folder[$"merged{extension}.rows.jsonl"]).Length == 11);

        byte[] Bytes(string name) => File.Exists(_folder[name]) ? File.ReadAllBytes(_folder[name]) : [];
    }

    [Fact]
    public async Task Workers_that_are_killed_at_any_moment_and_started_again_end_in_the_same_bytes()
    {
        await Make();
        await All("undisturbed");
        Directory.CreateDirectory(_folder["killed"]);
        foreach (var _ in Enumerable.Range(0, 2)) // about half of these kills come before the first byte, others in the middle or after the end
        {
            var workers = Enumerable.Range(0, Shards).Select(s => Process.Start(Call.Process(Worker("killed", s)))!).ToArray();
            foreach (var w in workers)
            {
                w.WaitForExit(Random.Shared.Next(0, 400));
                w.Kill();
                await w.WaitForExitAsync(Stop);
                w.Dispose();
            }
            Assert.True((await Verify("killed")).Code is 0 or 1); // half of a shard is never taken for one
        }
        foreach (var s in Enumerable.Range(0, Shards))
        {
            var r = await Call.Nclip(Worker("killed", s));
            Assert.True(r.Code == (s == 1 ? 1 : 0), $"exit code {r.Code}: {r.Error}");
        }
        Assert.Equal(Content("undisturbed"), Content("killed"));
        (await Verify("killed")).AssertDone();
    }

    [Fact]
    public async Task A_shard_that_is_there_is_left_alone_and_says_so()
    {
        await Make();
        var first = await Call.Nclip(Worker("shards", 1));
        Assert.Equal((1, ""), (first.Code, first.Output));
        Assert.Contains($"{_folder["photos/06.ppm"]}: this is text, not a picture", Assert.Single(first.ErrorLines));
        var before = Content("shards");
        var again = await Call.Nclip(Worker("shards", 1));
        Assert.Equal((1, 2), (again.Code, again.ErrorLines.Length));
        Assert.Contains("shard 1/3 is there already: 3 rows", again.ErrorLines[0]);
        Assert.Contains(".quarantine.jsonl says why", again.ErrorLines[1]);
        Assert.Contains("has been made anew: it has pictures in quarantine", (await Call.Nclip(Worker("shards", 1, "--retry"))).ErrorLines[0]);
        Assert.Contains("it is of another model", (await Call.Nclip(Worker("shards", 1, "--image-policy", "reference"))).ErrorLines[0]);
        Assert.Contains("it is of another model", (await Call.Nclip(Worker("shards", 1))).ErrorLines[0]);
        Assert.Equal(before, Content("shards"));
        Assert.Contains("is there already: 4 rows", (await Both(0)).Error);

        async Task<Call> Both(int shard)
        {
            (await Call.Nclip(Worker("shards", shard))).AssertDone();
            var r = await Call.Nclip(Worker("shards", shard));
            r.AssertDone();
            return r;
        }
    }

    [Fact]
    public async Task Verify_counts_and_names_every_fault()
    {
        await Make();
        await All("shards");
        var well = await Verify("shards");
        Assert.Equal((0, ""), (well.Code, well.Error));
        Assert.Contains("manifest.json: 3 of 3 shards; of 12 pictures 11 rows, 1 in quarantine", well.Output);

        var files = Directory.GetFiles(_folder["shards"], "*.safetensors").Order(StringComparer.Ordinal).ToArray();
        File.Delete(files[0]);
        File.WriteAllText(files[2], "rubbish");
        _folder.Write("shards/features-01234567-00000-of-00009.safetensors");
        File.AppendAllText(_folder["photos/04.ppm"], " ");
        var bad = await Verify("shards", "--json");
        Assert.Equal((1, 4), (bad.Code, bad.ErrorLines.Length));
        foreach (var (line, words) in bad.ErrorLines.Zip((string[])["shard 0/3 is missing. Make it with nclip embed images --shards", "shard 2/3 is damaged", "this is a shard of another manifest", "04.ppm: it has 29 bytes, and the manifest says 28"])) Assert.Contains(words, line);
        var json = Assert.Single(bad.Json);
        Assert.Equal((12, 3, 3, 1), (json.GetProperty("samples").GetInt32(), json.GetProperty("shards").GetInt32(), json.GetProperty("rows").GetInt32(), json.GetProperty("quarantined").GetInt32()));
        Assert.Equal("[0] [2] 1 1", $"{json.GetProperty("missing").GetRawText()} {json.GetProperty("damaged").GetRawText()} {json.GetProperty("foreign").GetArrayLength()} {json.GetProperty("changed").GetArrayLength()}");
        (await Call.Nclip("embed", "merge", Manifest, _folder["shards"], "-o", _folder["x.npy"])).AssertRefused(2, "shards of another manifest (features-01234567-00000-of-00009.safetensors");
        Assert.False(File.Exists(_folder["x.npy"]));
    }

    [Fact]
    public async Task Verify_says_when_the_pictures_are_not_there_and_compares_contents_where_it_can()
    {
        await Make();
        await All("shards");
        (await Verify("shards", "--content")).AssertRefused(2, "has no digests to compare with. Make it with --digests");
        Directory.Move(_folder["photos"], _folder["moved"]);
        var r = await Verify("shards");
        r.AssertDone();
        Assert.Contains("is not there, so the pictures were not looked at", r.Error);
        Assert.Equal("", (await Verify("shards", "--root", _folder["moved"])).Error);
    }

    [Fact]
    public async Task Merged_features_go_into_a_gallery()
    {
        await Make();
        await All("shards");
        Assert.Equal(1, (await Call.Nclip("embed", "merge", Manifest, _folder["shards"], "-o", _folder["x.npy"])).Code);
        var r = await Call.Nclip("index", "--features", _folder["x.npy"], "--into", _folder["g.nclip"], "--model", Call.Model, "--json");
        r.AssertDone();
        Assert.Equal(11, Assert.Single(r.Json).GetProperty("added").GetInt32());
        Assert.Equal(11, Assert.Single((await Call.Nclip("index", _folder["photos"], "--into", _folder["g.nclip"], "--json")).Json).GetProperty("unchanged").GetInt32());
    }

    [Theory]
    [InlineData("images and --shards are two calls", "embed|images|a.jpg|--shards|M|--shard|0/3|-o|S")]
    [InlineData("--normalize is for the merged file", "embed|images|--shards|M|--shard|0/3|-o|S|--normalize")]
    [InlineData("--shard is about shards. Give --shards MANIFEST", "embed|images|a.jpg|--shard|0/3|-o|x.npy")]
    [InlineData("--shard 0/4 counts 4 shards, and the manifest has 3", "embed|images|--shards|M|--shard|0/4|-o|S")]
    [InlineData("--shard is 3/3, and the manifest has 3 shards, whose numbers are 0 to 2", "embed|images|--shards|M|--shard|3/3|-o|S")]
    [InlineData("--shard is 'x'; it must be I/N or I", "embed|images|--shards|M|--shard|x|-o|S")]
    [InlineData("there is no such manifest", "embed|images|--shards|none.json|--shard|0/3|-o|S")]
    [InlineData("M: this is a file. Name a folder for the shards", "embed|images|--shards|M|--shard|0/3|-o|M")]
    [InlineData("there is no such folder. Name the one that nclip embed images --shards wrote into", "embed|verify|M|none")]
    [InlineData("there is no such folder", "embed|merge|M|none|-o|x.npy")]
    [InlineData("'.csv' names no format", "embed|merge|M|none|-o|x.csv")]
    [InlineData("(-) has no file that workers could read", "embed|manifest|-|-o|M")]
    [InlineData("13 shards were asked for, and there are 12 samples", "embed|manifest|photos|-o|M|--shards|13")]
    [InlineData("no/such/m.json: cannot be written: its folder does not exist", "embed|manifest|photos|-o|no/such/m.json")]
    public async Task What_cannot_be_carried_out_is_refused(string says, string call)
    {
        await Make();
        string Here(string word) => word switch { "M" => Manifest, "S" => _folder["shards"], "photos" or "none" => _folder[word], _ => word };
        string[] words = [.. call.Split('|').Select(Here)];
        (await Call.Nclip(words[1] == "images" ? [.. words, "--model", Call.Model] : words)).AssertRefused(2, says.Replace("M:", $"{Manifest}:", StringComparison.Ordinal));
    }

    private static int Number(string? given, int shards, params (string Name, string Value)[] variables)
        => ShardNumber.Of(given, shards, name => variables.FirstOrDefault(v => v.Name == name).Value);

    [Fact]
    public void The_number_of_the_shard_is_the_call_s_else_the_scheduler_s()
    {
        Assert.Equal(2, Number("2/4", 4, ("JOB_COMPLETION_INDEX", "3")));
        Assert.Equal(2, Number("2", 4, ("SLURM_ARRAY_TASK_ID", "3"), ("JOB_COMPLETION_INDEX", "1")));
        Assert.Equal(3, Number(null, 4, ("JOB_COMPLETION_INDEX", "3")));
        Assert.Equal(3, Number(null, 4, ("SLURM_ARRAY_TASK_ID", "3")));
        Assert.Equal(0, Number(null, 4, ("SLURM_ARRAY_TASK_ID", "1"), ("SLURM_ARRAY_TASK_COUNT", "4"), ("SLURM_ARRAY_TASK_MIN", "1")));
        Assert.Equal(2, Number(null, 4, ("SLURM_ARRAY_TASK_ID", "14"), ("SLURM_ARRAY_TASK_COUNT", "4"), ("SLURM_ARRAY_TASK_MIN", "10"), ("SLURM_ARRAY_TASK_STEP", "2")));
    }

    [Theory]
    [InlineData("which shard is to be made? Give --shard I/N (0/4 to 3/4)")]
    [InlineData("each would name a shard", "JOB_COMPLETION_INDEX=1", "SLURM_ARRAY_TASK_ID=1")]
    [InlineData("JOB_COMPLETION_INDEX is 4, and the manifest has 4 shards, whose numbers are 0 to 3. Let the job have 4 completions", "JOB_COMPLETION_INDEX=4")]
    [InlineData("JOB_COMPLETION_INDEX is 'x'", "JOB_COMPLETION_INDEX=x")]
    [InlineData("SLURM_ARRAY_TASK_COUNT is 2, and the manifest has 4 shards. Submit it with --array=0-3; where only some of them are to be made, add --shard $SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_ID=2", "SLURM_ARRAY_TASK_COUNT=2")]
    [InlineData("SLURM_ARRAY_TASK_ID is 4, and the manifest has 4 shards", "SLURM_ARRAY_TASK_ID=4")]
    [InlineData("SLURM_ARRAY_TASK_ID is 0, and", "SLURM_ARRAY_TASK_ID=0", "SLURM_ARRAY_TASK_MIN=1")]
    [InlineData("do not lead to", "SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_STEP=2")]
    public void A_number_that_nothing_says_or_that_is_none_of_the_manifest_s_is_refused(string says, params string[] variables)
        => Assert.Contains(says, Assert.Throws<UsageException>(() => Number(null, 4, [.. variables.Select(v => v.Split('=')).Select(v => (v[0], v[1]))])).Message);
}
