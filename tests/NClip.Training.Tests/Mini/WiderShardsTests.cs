using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using NClip.Data;
using NClip.Tests;
using NClip.Training.Mini;
using NClip.Training.Mini.Shards;
using Xunit;

namespace NClip.Training.Tests.Mini;

/// <summary>Pictures of public repositories become shards.</summary>
public sealed class WiderShardsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Expected: CPython 3.11, <c>r = random.Random(7); r.shuffle(list(range(10))); r.shuffle(list(range(300)))</c>.</summary>
    [Fact]
    public void A_draw_is_Pythons()
    {
        var random = new PythonRandom(7);
        var (few, many) = (Enumerable.Range(0, 10).ToArray(), Enumerable.Range(0, 300).ToArray());
        random.Shuffle(few);
        random.Shuffle(many);
        Assert.Equal([8, 3, 1, 4, 7, 0, 9, 6, 2, 5], few);
        Assert.Equal([57, 74, 56, 8, 82, 290, 4, 117], many[..8]);
    }

    [Fact]
    public void Each_class_gives_pictures_to_train_and_to_measure_with_and_what_is_none_is_left_out()
    {
        var clone = Clone("a+b", ("data/red_fox", 4), ("data/sea-lion", 3), ("data/rare", 1));
        File.WriteAllText(Path.Combine(clone, "data", "red_fox", "9.jpg"), "no picture");
        Commit(clone);
        WiderShards.Pack(new WiderSet("pets", 3, 2, new RepositoryFolder("a/b", "HEAD", "data")) { Least = 2 }, _folder["mirrors"], _folder["wider"]);
        var (train, evaluation) = (Read("train-000.tar"), Read("eval-000.tar"));
        var all = train.Concat(evaluation).ToArray();
        Assert.Equal(all.Length, all.DistinctBy(e => e.Key).Count());
        var classes = all.Where(e => e.Key.EndsWith(".cls", StringComparison.Ordinal)).Select(e => Encoding.UTF8.GetString(e.Value)).CountBy(c => c).ToDictionary();
        Assert.Equal(new() { ["red fox"] = 4, ["sea lion"] = 3 }, classes);
        Assert.Equal(["sea lion", "sea lion"], evaluation.Where(e => e.Key.EndsWith(".cls", StringComparison.Ordinal)).Select(e => Encoding.UTF8.GetString(e.Value)).Where(c => c != "red fox"));
        var pictures = all.Where(e => e.Key.EndsWith(".jpg", StringComparison.Ordinal)).ToArray();
        Assert.Equal(7, pictures.Length);
        Assert.All(pictures, e =>
        {
            using var picture = SourcePicture.Open(e.Value);
            Assert.Equal(192, Math.Min(picture.Width, picture.Height));
        });
    }

    [Fact]
    public void A_clone_that_is_not_there_or_lacks_the_commit_is_named()
    {
        Clone("a+b", ("data/fox", 1));
        Commit(Path.Combine(_folder["mirrors"], "a+b"));
        void Pack(string repository, string commit) => WiderShards.Pack(new WiderSet("pets", 3, 2, new RepositoryFolder(repository, commit)), _folder["mirrors"], _folder["wider"]);
        Assert.StartsWith("a/c is not under", Assert.Throws<RecipeCallException>(() => Pack("a/c", "HEAD")).Message);
        Assert.Contains("has no commit 0123abcd", Assert.Throws<RecipeCallException>(() => Pack("a/b", "0123abcd")).Message);
    }

    private Dictionary<string, byte[]> Read(string shard)
    {
        var entries = new Dictionary<string, byte[]>();
        using var tar = new TarReader(File.OpenRead(Path.Combine(_folder["wider"], "pets", shard)));
        while (tar.GetNextEntry() is { } entry)
        {
            var bytes = new byte[entry.Length];
            entry.DataStream?.ReadExactly(bytes);
            entries.Add(entry.Name, bytes);
        }
        return entries;
    }

    private string Clone(string name, params (string Folder, int Pictures)[] classes)
    {
        var clone = Directory.CreateDirectory(Path.Combine(_folder["mirrors"], name)).FullName;
        foreach (var (folder, pictures) in classes)
            for (var i = 0; i < pictures; i++) File.Copy(Path.Combine(Reference.Root, "samples", i % 2 == 0 ? "coffee.png" : "chelsea.png"), Path.Combine(Directory.CreateDirectory(Path.Combine(clone, folder)).FullName, $"{i}.png"));
        Git(clone, "init", "-q");
        return clone;
    }

    private static void Commit(string clone)
    {
        Git(clone, "add", "-A");
        Git(clone, "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "pictures");
    }

    private static void Git(string folder, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo("git", ["-C", folder, .. words]))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
