using System.CommandLine;
using NClip.Cli;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>The calls at the end of every command's help.</summary>
public sealed class ExampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static RootCommand Root() => new CommandLine(new Terminal(TextWriter.Null, TextWriter.Null)).Root();

    private static IEnumerable<ExampleCommand> Commands(Command parent) => parent.Subcommands.SelectMany(c => c.Subcommands.Count > 0 ? Commands(c) : [Assert.IsType<ExampleCommand>(c)]);

    public static TheoryData<string> Examples => [.. Commands(Root()).SelectMany(c => c.Examples)];

    /// <summary>Without those that download, name a model of the reader's, measure for seconds, want data, or become another program: other tests run these commands.</summary>
    public static TheoryData<string> HereAndNow => [.. Examples.Select(e => e.Data).Where(e => !((string[])["openai/", "ViT-", "models/mine", "nclip bench", "nclip eval", "nclip probe", "nclip adapt", "nclip train", "nclip serve"]).Any(o => e.Contains(o, StringComparison.Ordinal)))];

    [Fact]
    public void Every_command_has_two() => Assert.All(Commands(Root()), c => Assert.True(c.Examples.Count >= 2, c.Name));

    [Theory, MemberData(nameof(Examples))]
    public void Each_is_a_call_that_the_parser_understands(string example)
    {
        var args = Words(example)[1..];
        Assert.Null(Refusal.Of(Root().Parse(args), args));
    }

    [Theory, MemberData(nameof(HereAndNow))]
    public async Task Each_that_needs_no_network_runs(string example)
    {
        foreach (var f in (string[])["chelsea.png", "coffee.png", "rocket.jpg"]) File.Copy(Call.Sample(f), Path.Combine(Directory.CreateDirectory(_folder["samples"]).FullName, f));
        _folder.Write("captions.txt", "a cat\na dog\n");
        if (!example.Contains(" index ", StringComparison.Ordinal) && example.Contains("gallery.nclip", StringComparison.Ordinal)) await Call.Nclip("index", _folder["samples"], "--into", _folder["gallery.nclip"]);
        if (!example.Contains("embed manifest", StringComparison.Ordinal) && example.Contains("manifest.json", StringComparison.Ordinal)) await Call.Nclip("embed", "manifest", _folder["samples"], "-o", _folder["manifest.json"], "--shards", "2");
        if (example.Contains("manifest.json shards", StringComparison.Ordinal))
            foreach (var shard in (string[])["0/2", "1/2"]) await Call.Nclip("embed", "images", "--shards", _folder["manifest.json"], "--shard", shard, "-o", _folder["shards"]);
        var r = await Call.Nclip([.. Words(example)[1..].Select(Here)]);
        Assert.Equal((0, ""), (r.Code, r.Error));
    }

    // Names of files are those of the folder; the model that is beside the program stands for itself.
    private string Here(string word, int index)
        => index > 0 && (word.StartsWith("samples", StringComparison.Ordinal) || word is "mini-onnx" or "shards" || Path.GetExtension(word) is ".npy" or ".json" or ".safetensors" or ".parquet" or ".txt" or ".nclip" or ".png") ? _folder[word]
        : word == "models/nclip-mini" ? Path.Combine(AppContext.BaseDirectory, "nclip-mini") : word;

    // As a shell divides them.
    private static string[] Words(string call) => [.. call.Split('"').SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
}
