using System.Text;
using NClip.Checkpoints;
using NClip.Inference;
using Xunit;

namespace NClip.Tests.Inference;

public sealed class WeightCacheFileTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static string Folder(params (string Name, string Value)[] variables) => WeightCacheFile.DefaultFolder(n => variables.FirstOrDefault(v => v.Name == n).Value);

    [Fact]
    public void The_folder_is_the_variables_else_the_users_caches()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal("/c", Folder(("NCLIP_CACHE", "/c"), ("XDG_CACHE_HOME", "/x")));
        Assert.Equal(Path.Combine(home, "mine"), Folder(("NCLIP_CACHE", "~/mine")));
        Assert.Equal(Path.Combine("/x", "nclip", "weights"), Folder(("NCLIP_CACHE", ""), ("XDG_CACHE_HOME", "/x")));
        var own = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches") : Path.Combine(home, ".cache");
        Assert.Equal(Path.Combine(own, "nclip", "weights"), Folder());
    }

    [Theory]
    [InlineData("ViT-B-32.pt", "ViT-B-32")]
    [InlineData("my model/open_clip_model.safetensors", "my_model")]
    [InlineData("猫/model-00001-of-00002.safetensors", "_")]
    [InlineData("models--openai--clip-vit-base-patch32/blobs/ab0123456789ab0123456789ab0123456789ab0123456789ab0123456789abcd", "models--openai--clip-vit-base-patch32")]
    public void The_name_tells_a_person_which_model_it_is(string source, string stem) => Assert.StartsWith(stem + "-f32-", Name(source), StringComparison.Ordinal);

    [Fact]
    public void Path_content_and_form_each_make_another_name()
    {
        string[] names =
        [
            Name("a/x.pt"), Name("b/x.pt"), Name("a/x.pt", "1"), Name("a/x.pt", "2"), Name("a/x.pt", linear: TensorType.Int8), Name("a/x.pt", linear: TensorType.UInt8),
            WeightCacheFile.Of("cache", [File_("a/x.pt"), File_("a/y.pt")], TensorType.Float32).Name,
        ];
        Assert.Distinct(names);
        Assert.Equal(names[0], Name("a/x.pt"));
        Assert.All(names, n => Assert.Matches("^[A-Za-z0-9._-]{1,130}$", n));
    }

    [Fact]
    public void A_sharded_model_is_the_state_of_all_its_shards()
    {
        using var file = StateDict.Open(Reference.Path("model_tiny/d1_hf_quickgelu_eos2/sharded"));
        Assert.Equal(3, file.Files.Count);
        Assert.Equal(WeightCacheFile.Of("cache", file.Files, TensorType.Float32), WeightCacheFile.Of("cache", [.. file.Files.Reverse()], TensorType.Float32));
    }

    [Fact]
    public void Links_in_the_cache_are_never_written_through()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        var victim = _temporary.Write("victim", "precious");
        var file = WeightCacheFile.Of(_temporary["cache"], [File_("x.pt")], TensorType.Float32);
        Directory.CreateDirectory(file.Folder);
        foreach (var link in (string[])[file.Path, Path.Combine(file.Folder, "old.part"), Path.Combine(file.Folder, file.Family.Replace("*", "x", StringComparison.Ordinal))]) File.CreateSymbolicLink(link, victim);
        File.SetLastWriteTimeUtc(Path.Combine(file.Folder, "old.part"), DateTime.UtcNow.AddDays(-2)); // the link's own time

        file.DeleteOlder();
        Assert.Equal([file.Path], Directory.EnumerateFiles(file.Folder));
        Safetensors.WriteEach(file.Path, [("a", TensorType.Float32, [1], to => to.Write(new byte[4]))]);
        Assert.Null(new FileInfo(file.Path).LinkTarget);
        Assert.Equal("precious", File.ReadAllText(victim));
    }

    public void Dispose() => _temporary.Dispose();

    private string Name(string source, string content = "", TensorType linear = TensorType.Float32) => WeightCacheFile.Of("cache", [File_(source, content)], linear).Name;

    private WeightFile File_(string name, string content = "") => new(_temporary.Write(name, content), ByteSource.Of(Encoding.UTF8.GetBytes(content), name));
}
