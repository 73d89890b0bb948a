using System.Formats.Tar;
using System.Text;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>nclip eval, probe, adapt, and classify --head, on a handful of pictures.</summary>
public sealed class EvalTests : IDisposable
{
    private static readonly string[] _samples = ["chelsea.png", "coffee.png", "rocket.jpg"], _names = ["cat", "coffee", "rocket"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A folder for each class, with so many copies of its picture.</summary>
    private string Classes(string name, int copies)
    {
        foreach (var (i, sample) in _samples.Index())
            for (var c = 0; c < copies; c++)
            {
                var to = _folder[$"{name}/{_names[i]}/{c}{Path.GetExtension(sample)}"];
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(Call.Sample(sample), to);
            }
        return _folder[name];
    }

    private string Shard(string name, params (string Extension, Func<int, string> Text)[] members)
    {
        using var tar = new TarWriter(File.Create(_folder[name]), TarEntryFormat.Ustar);
        foreach (var (i, sample) in _samples.Index())
        {
            tar.WriteEntry(Call.Sample(sample), $"p{i}{Path.GetExtension(sample)}");
            foreach (var (extension, text) in members) tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, $"p{i}.{extension}") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text(i))) });
        }
        return _folder[name];
    }

    [Fact]
    public async Task Zero_shot_prints_its_figures_for_people_and_programs()
    {
        var data = Classes("data", 1);
        var json = Assert.Single((await Call.Nclip("eval", "zero-shot", "--data", data, "--json")).Json);
        Assert.Equal(["top1", "top5", "mean_per_class", "n"], json.EnumerateObject().Select(p => p.Name));
        Assert.Equal((1, 3), (json.GetProperty("top1").GetDouble(), json.GetProperty("n").GetInt32()));
        Assert.Equal(["figure,value,published", "top1,1,", "top5,1,", "mean_per_class,1,", "n,3,"], (await Call.Nclip("eval", "zero-shot", "--data", data, "--csv")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("100.0 %", (await Call.Nclip("eval", "zero-shot", "--data", data)).Output);
    }

    [Fact]
    public async Task Classes_of_a_shard_may_be_numbers_or_keys()
    {
        _folder.Write("classes.txt", "k0\tcat\nk1\tcup of coffee|coffee\nk2\trocket\n");
        foreach (var (name, written) in new (string, Func<int, string>)[] { ("numbers.tar", i => $"{i}"), ("keys.tar", i => $"k{i}") })
            Assert.Equal(1, Assert.Single((await Call.Nclip("eval", "zero-shot", "--data", Shard(name, ("cls", written)), "--classes", _folder["classes.txt"], "--json")).Json).GetProperty("top1").GetDouble());
        (await Call.Nclip("eval", "zero-shot", "--data", Shard("odd.tar", ("cls", _ => "cow")), "--classes", _folder["classes.txt"])).AssertRefused(1, "\"cow\"", "not among the 3 classes");
    }

    [Fact]
    public async Task Retrieval_prints_both_ways()
    {
        var json = Assert.Single((await Call.Nclip("eval", "retrieval", "--data", Shard("captions.tar", ("txt", i => $"a {_names[i]}\na photo of a {_names[i]}")), "--json")).Json);
        Assert.Equal((3, 6), (json.GetProperty("n").GetInt32(), json.GetProperty("texts").GetInt32()));
        foreach (var way in (string[])["text_to_image", "image_to_text"])
            foreach (var r in (string[])["r1", "r5", "r10"]) Assert.Equal(1, json.GetProperty(way).GetProperty(r).GetDouble());
        (await Call.Nclip("eval", "retrieval", "--data", _folder["odd.csv"])).AssertRefused(2, "odd.csv");
    }

    [Fact]
    public async Task A_probe_learns_and_classifies()
    {
        var head = _folder["head.safetensors"];
        var json = Assert.Single((await Call.Nclip("probe", "--train", Classes("train", 4), "--test", Classes("test", 1), "-o", head, "--c", "10", "--json")).Json);
        Assert.Equal(["top1", "c", "n_train", "n_test"], json.EnumerateObject().Select(p => p.Name));
        Assert.Equal((1, 10, 12, 3), (json.GetProperty("top1").GetDouble(), json.GetProperty("c").GetDouble(), json.GetProperty("n_train").GetInt32(), json.GetProperty("n_test").GetInt32()));
        var answers = await Call.Nclip("classify", Call.Sample("coffee.png"), Call.Sample("rocket.jpg"), "--head", head, "--json");
        Assert.Equal((0, ""), (answers.Code, answers.Error));
        Assert.Equal(["coffee", "rocket"], answers.Json.Select(j => j.GetProperty("predictions")[0].GetProperty("label").GetString()));
        Assert.False(answers.Json[0].GetProperty("predictions")[0].TryGetProperty("cosine", out _));
        Assert.Contains("coffee", (await Call.Nclip("classify", Call.Sample("coffee.png"), "--head", head)).Output);
        (await Call.Nclip("classify", Call.Sample("coffee.png"), "--head", head, "--labels", "a,b")).AssertRefused(2, "--head", "--labels");
        (await Call.Nclip("classify", Call.Sample("coffee.png"), "--head", head, "--model", Call.Model)).AssertRefused(2, "head.safetensors", "512");
        (await Call.Nclip("classify", Call.Sample("coffee.png"), "--head", _folder["none.safetensors"])).AssertRefused(2, "none.safetensors", "no such file");
    }

    [Theory, InlineData("lp++"), InlineData("tip-adapter"), InlineData("tip-adapter-f")]
    public async Task A_few_pictures_adapt_the_model(string method)
    {
        var head = _folder["head.safetensors"];
        var json = Assert.Single((await Call.Nclip("adapt", "--train", Classes("train", 2), "--test", Classes("test", 1), "--shots", "1", "--method", method, "-o", head, "--json")).Json);
        Assert.Equal((1, 1, 3), (json.GetProperty("top1").GetDouble(), json.GetProperty("zero_shot_top1").GetDouble(), json.GetProperty("n_train").GetInt32()));
        Assert.Equal("rocket", Assert.Single((await Call.Nclip("classify", Call.Sample("rocket.jpg"), "--head", head, "--json")).Json).GetProperty("predictions")[0].GetProperty("label").GetString());
    }

    [Fact]
    public async Task Few_shot_robustness_calibration_and_linear_probe_print_theirs()
    {
        var (train, test) = (Classes("train", 2), Classes("test", 2));
        var few = Assert.Single((await Call.Nclip("eval", "few-shot", "--train", train, "--test", test, "--shots", "1,2", "--seeds", "1", "--json")).Json);
        Assert.Equal(1, few.GetProperty("2_shots").GetProperty("tip_adapter").GetDouble());
        var robust = Assert.Single((await Call.Nclip("eval", "robustness", "--data", test, "--corruptions", "brightness,fog", "--severities", "1,3", "--json")).Json);
        Assert.Equal(["1", "3", "mean"], robust.GetProperty("corruptions").GetProperty("brightness").EnumerateObject().Select(p => p.Name));
        Assert.Equal((1, 6), (robust.GetProperty("clean").GetDouble(), robust.GetProperty("n").GetInt32()));
        var calibration = Assert.Single((await Call.Nclip("eval", "calibration", "--data", test, "--json")).Json);
        Assert.True(calibration.GetProperty("after").GetProperty("nll").GetDouble() <= calibration.GetProperty("before").GetProperty("nll").GetDouble());
        Assert.Equal(3, calibration.GetProperty("n").GetInt32());
        Assert.Equal(1, Assert.Single((await Call.Nclip("eval", "linear-probe", "--train", train, "--test", test, "--c", "10", "--json")).Json).GetProperty("top1").GetDouble());
        (await Call.Nclip("eval", "robustness", "--data", test, "--corruptions", "rain")).AssertRefused(2, "'rain'", "gaussian_noise");
    }

    [Fact]
    public async Task A_picture_that_cannot_be_read_is_named_and_left_out()
    {
        var data = Classes("data", 1);
        _folder.Write("data/cat/broken.png", "no picture");
        var r = await Call.Nclip("eval", "zero-shot", "--data", data, "--json");
        Assert.Equal((1, 3), (r.Code, Assert.Single(r.Json).GetProperty("n").GetInt32()));
        Assert.Contains("broken.png", Assert.Single(r.ErrorLines));
    }
}
