using System.Text;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Shards;

public sealed class ManifestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string File(string name, string text = "content") => _folder.Write(name, text);

    private string Json(string samples, string root = "photos", string shards = "1", string version = "1")
        => _folder.Write("manifest.json", $$"""{"version":{{version}},"root":"{{root}}","shards":{{shards}},"samples":[{{samples}}]}""");

    private static SearchException Refused(string file) => Assert.Throws<SearchException>(() => EmbeddingManifest.Read(file));

    private static void Says(SearchException e, params string[] words) => Assert.All(words, w => Assert.Contains(w, e.Message, StringComparison.Ordinal));

    [Fact]
    public void What_was_written_is_read_again()
    {
        string[] files = [File("photos/a.jpg"), File("photos/sub/b \"1\".jpg", "other"), File("photos/猫.jpg", "")];
        foreach (var digests in (bool[])[false, true])
        {
            var made = EmbeddingManifest.Create(files, shards: 2, digests: digests, cancellationToken: Stop);
            made.Write(_folder["m.json"]);
            var read = EmbeddingManifest.Read(_folder["m.json"]);
            Assert.Equal((made.Root, made.Shards, made.Digest), (read.Root, read.Shards, read.Digest));
            Assert.Equal(made.Samples, read.Samples);
            Assert.Equal((_folder["photos"], "sub/b \"1\".jpg", 5, digests), (read.Root, read.Samples[1].File, (int)read.Samples[1].Bytes, read.Samples[1].Sha256 is not null));
        }
    }

    [Fact]
    public void The_root_is_the_deepest_folder_above_all_or_the_one_that_is_named()
    {
        string[] files = [File("a/x/1.jpg"), File("a/xy/2.jpg")];
        Assert.Equal((_folder["a"], "xy/2.jpg"), (EmbeddingManifest.Create(files, cancellationToken: Stop).Root, EmbeddingManifest.Create(files, cancellationToken: Stop).Samples[1].File));
        Assert.Equal("a/x/1.jpg", EmbeddingManifest.Create(files, _folder.Path, cancellationToken: Stop).Samples[0].File);
        Says(Assert.Throws<SearchException>(() => EmbeddingManifest.Create(files, _folder["a/x"], cancellationToken: Stop)), "2.jpg", "not below the manifest's root");
    }

    [Fact]
    public void Another_root_leads_to_the_same_shards_elsewhere()
    {
        var json = Json("""{"file":"a.jpg","bytes":1}""");
        Assert.Equal((_folder["photos"], _folder["other"]), (EmbeddingManifest.Read(json).Root, EmbeddingManifest.Read(json, _folder["other"]).Root));
        Assert.Equal(EmbeddingManifest.Read(json).Digest, EmbeddingManifest.Read(json, _folder["other"]).Digest);
    }

    [Theory, InlineData(1, 1), InlineData(7, 7), InlineData(100, 7), InlineData(10_000, 4), InlineData(9_999, 9)]
    public void Every_sample_is_in_one_shard_and_large_ones_begin_where_batches_do(int samples, int shards)
    {
        var manifest = EmbeddingManifest.Read(Json(string.Join(',', Enumerable.Range(0, samples).Select(i => $$"""{"file":"{{i}}.jpg","bytes":{{i}}}""")), shards: $"{shards}"));
        var next = 0;
        for (var s = 0; s < shards; s++)
        {
            var (first, count) = manifest.Shard(s);
            Assert.Equal(next, first);
            Assert.InRange(count, samples / shards - 64, samples / shards + 65);
            Assert.True(count > 0 && (samples / shards < 1024 || first % 64 == 0), $"shard {s} has {count} from {first} on");
            next += count;
        }
        Assert.Equal(samples, next);
        Says(Assert.Throws<SearchException>(() => manifest.Shard(shards)), $"shard {shards} was asked for", $"0 to {shards - 1}");
    }

    [Fact]
    public void A_manifest_that_was_cut_at_any_byte_is_refused()
    {
        EmbeddingManifest.Create([File("photos/a.jpg"), File("photos/b.jpg"), File("photos/é猫.jpg")], digests: true, cancellationToken: Stop).Write(_folder["m.json"]);
        var whole = System.IO.File.ReadAllBytes(_folder["m.json"]);
        for (var length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(_folder["cut.json"], whole[..length]);
            Says(Refused(_folder["cut.json"]), "cut.json", "cut", "nclip embed manifest");
        }
    }

    [Theory]
    [InlineData("sample 1 is 'a.jpg', which sample 0 is already", """{"file":"a.jpg","bytes":1},{"file":"a.jpg","bytes":2}""")]
    [InlineData("leaves the manifest's root", """{"file":"../a.jpg","bytes":1}""")]
    [InlineData("leaves the manifest's root", """{"file":"x/../../a.jpg","bytes":1}""")]
    [InlineData("not one from the root on", """{"file":"/etc/a.jpg","bytes":1}""")]
    [InlineData("has an empty step", """{"file":"x//a.jpg","bytes":1}""")]
    [InlineData("has an empty step", """{"file":"./a.jpg","bytes":1}""")]
    [InlineData("no file can be called", """{"file":"a\u0000.jpg","bytes":1}""")]
    [InlineData("sample 0 has no \"file\"", """{"bytes":1}""")]
    [InlineData("sample 0 has no \"bytes\"", """{"file":"a.jpg"}""")]
    [InlineData("sample 0: file is no text", """{"file":"","bytes":1}""")]
    [InlineData("sample 0: bytes is no whole number", """{"file":"a.jpg","bytes":-1}""")]
    [InlineData("sample 0: sha256 is no 64 hexadecimal digits", """{"file":"a.jpg","bytes":1,"sha256":"12"}""")]
    [InlineData("sample 0 is no object", "7")]
    [InlineData("has no samples", "")]
    public void Samples_that_cannot_be_are_named(string says, string samples) => Says(Refused(Json(samples)), "manifest.json", says);

    [Fact]
    public void What_is_no_manifest_of_this_version_is_refused()
    {
        const string one = """{"file":"a.jpg","bytes":1}""";
        Says(Refused(Json(one, shards: "2")), "2 shards were asked for, and there are 1 samples. Give 1 to 1");
        Says(Refused(Json(one, shards: "0")), "0 shards");
        Says(Refused(Json(one, shards: "\"x\"")), "shards is no whole number");
        Says(Refused(Json(one, version: "2")), "version 2; this program reads version 1");
        Says(Refused(_folder.Write("a.json", "[]")), "no JSON object", "Expected {\"version\": 1");
        Says(Refused(_folder.Write("a.json", "{}")), "has no \"version\"");
        Says(Refused(_folder.Write("a.json", "{\"version\":1} x")), "no whole JSON");
        Says(Refused(_folder["none.json"]), "there is no such manifest");
        Says(Refused(_folder.Path), "this is a folder");
        Assert.Equal("a.jpg", EmbeddingManifest.Read(_folder.Write("later.json", "\uFEFF" + """{"version":1,"note":{"by":[1]},"root":"x","shards":1,"samples":[{"file":"a.jpg","bytes":1,"width":3,"sha256":null}]}""")).Samples[0].File);
    }

    [Fact]
    public void A_text_that_is_no_utf8_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"version":1,"root":"x","shards":1,"samples":[{"file":"?.jpg","bytes":1}]}""");
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xFF;
        System.IO.File.WriteAllBytes(_folder["m.json"], bytes);
        Says(Refused(_folder["m.json"]), "m.json", "Get it again");
    }

    [Fact]
    public void Files_that_cannot_be_listed_are_named()
    {
        Says(Assert.Throws<SearchException>(() => EmbeddingManifest.Create([], cancellationToken: Stop)), "there is no picture for a manifest");
        Says(Assert.Throws<SearchException>(() => EmbeddingManifest.Create([_folder["none.jpg"]], cancellationToken: Stop)), "none.jpg", "no such file");
        var a = File("a.jpg");
        Says(Assert.Throws<SearchException>(() => EmbeddingManifest.Create([a, a], cancellationToken: Stop)), "'a.jpg', which sample 0 is already");
        Says(Assert.Throws<SearchException>(() => EmbeddingManifest.Create([a], shards: 2, cancellationToken: Stop)), "2 shards were asked for");
        Says(Assert.Throws<SearchException>(() => EmbeddingManifest.Create([a], cancellationToken: Stop).Write(_folder["no/such/m.json"])), "m.json", "its folder does not exist");
    }
}
