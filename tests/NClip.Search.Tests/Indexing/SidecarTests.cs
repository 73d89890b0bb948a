using System.Text;
using Microsoft.Data.Sqlite;
using NClip.Search.Indexing;
using NClip.Search.Store;
using NClip.Search.Tests.Store;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Indexing;

/// <summary>Texts beside pictures.</summary>
public sealed class SidecarTests : IDisposable
{
    private static readonly DateTime _old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private readonly TemporaryFolder _folder = new();
    private readonly Clip _clip = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));

    public void Dispose()
    {
        _clip.Dispose();
        _folder.Dispose();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private void Picture(string name, byte red)
    {
        var path = _folder.Write("photos/" + name);
        File.WriteAllBytes(path, [.. Encoding.ASCII.GetBytes("P6\n8 6\n255\n"), .. Enumerable.Range(0, 48).SelectMany(i => new[] { red, (byte)(i * 5), (byte)9 })]);
        File.SetLastWriteTimeUtc(path, _old);
    }

    private string Text(string name, string text, int second = 0)
    {
        var path = _folder.Write("photos/" + name, text);
        File.SetLastWriteTimeUtc(path, _old.AddSeconds(second));
        return path;
    }

    private async Task<IndexResult> Index()
    {
        using var indexer = new GalleryIndexer(_folder["g.nclip"], _clip, GalleryModel.Of(_clip, null, new ClipOptions(), Stop));
        return await indexer.IndexAsync([_folder["photos"]], cancellationToken: Stop);
    }

    private Dictionary<string, string?> Found(string? words = null)
    {
        using var gallery = Gallery.Open(_folder["g.nclip"]);
        return gallery.Search(_clip.EncodeText("a rocket"), 100, new SearchFilter { Caption = words }, cancellationToken: Stop)[0].ToDictionary(m => Path.GetFileName(m.File), m => m.Facts.Caption);
    }

    private long Rows()
    {
        using var database = Database.Open(_folder["g.nclip"]);
        return database.Number("SELECT sum(rows) FROM segments");
    }

    [Fact]
    public async Task The_text_beside_a_picture_is_its_caption_and_can_be_asked_for()
    {
        foreach (var (i, n) in ((string[])["a.b.ppm", "c.ppm", "d.ppm", "e.ppm"]).Index()) Picture(n, (byte)(9 * i));
        Text("a.b.txt", "\n  A red Bicycle at the wall \nsecond line");
        Text("a.b.cls", "7");
        Text("c.cls", "3\n");
        Text("d.txt", "");
        Text("notes.txt", "of no picture");
        Assert.Equal(4, (await Index()).Added);
        Assert.Equal(4, (await Index()).Unchanged);
        Assert.Equal(new Dictionary<string, string?> { ["a.b.ppm"] = "A red Bicycle at the wall", ["c.ppm"] = "3", ["d.ppm"] = null, ["e.ppm"] = null }, Found());
        Assert.Equal(["a.b.ppm"], Found("WALL red").Keys);
        Assert.Empty(Found("red car"));
    }

    [Fact]
    public async Task A_text_that_appears_changes_or_goes_makes_its_picture_a_changed_one_and_nothing_is_embedded()
    {
        Picture("a.ppm", 1);
        Picture("b.ppm", 2);
        Picture("copy.ppm", 1); // the same content, another caption
        var steps = new (Action Do, int Changed, string? Caption)[]
        {
            (() => { }, 0, null),
            (() => Text("a.txt", "one"), 1, "one"),
            (() => Text("a.txt", "two", 1), 1, "two"), // of the same length
            (() => Text("a.cls", "5"), 0, "two"), // another text appears, and the caption is the same
            (() => File.Delete(_folder["photos/a.txt"]), 1, "5"),
            (() => File.Delete(_folder["photos/a.cls"]), 1, null),
        };
        await Index();
        foreach (var (change, changed, caption) in steps)
        {
            change();
            Assert.Equal(new IndexResult(0, changed, 0, 3 - changed, 0, 3), await Index());
            Assert.Equal((caption, null), (Found()["a.ppm"], Found()["copy.ppm"]));
        }
        Assert.Equal(2, Rows());
    }

    [Fact]
    public async Task A_text_that_was_just_written_is_read_again_by_the_next_run()
    {
        Picture("a.ppm", 1);
        var path = Text("a.txt", "one");
        var now = DateTime.UtcNow;
        File.SetLastWriteTimeUtc(path, now);
        await Index();
        File.WriteAllText(path, "two");
        File.SetLastWriteTimeUtc(path, now);
        Assert.Equal(1, (await Index()).Changed);
        Assert.Equal("two", Found()["a.ppm"]);
    }

    [Theory]
    [InlineData("EFBBBF6361740A", "cat")]
    [InlineData("FFFE6300610074000D000A00", "cat")]
    [InlineData("FEFF006300610074", "cat")]
    [InlineData("63E974", "cét")] // Latin-1
    [InlineData("0D0A200A09E78CAB200D0A", "猫")]
    [InlineData("610062", "a b")]
    [InlineData("200A0D09", null)]
    [InlineData("", null)]
    public void Texts_are_decoded_whatever_they_are(string bytes, string? caption)
        => Assert.Equal(caption, Sidecars.FirstLine(Convert.FromHexString(bytes)));

    [Fact]
    public void A_long_line_is_cut_and_no_character_is_cut_in_two()
    {
        Assert.Equal(new string('x', 1000), Sidecars.FirstLine(Encoding.UTF8.GetBytes(new string('x', 50_000))));
        Assert.Equal("a" + string.Concat(Enumerable.Repeat("🍌", 499)), Sidecars.FirstLine(Encoding.UTF8.GetBytes("a" + string.Concat(Enumerable.Repeat("🍌", 4000)))));
        Assert.StartsWith("猫", Sidecars.FirstLine(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("猫", 6000))).AsSpan(0, 1 << 14))); // 16,384 bytes end within a character
    }

    [Fact]
    public void A_gallery_of_version_1_is_taken_over_and_loses_nothing()
    {
        var gallery = _folder["old"];
        using (var writer = TinyGallery.Write(gallery)) writer.Commit(TinyGallery.Adding(Enumerable.Range(1, 20)));
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(gallery, Database.FileName)};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "ALTER TABLE files DROP COLUMN caption; ALTER TABLE files DROP COLUMN sidecar; PRAGMA user_version = 1";
            command.ExecuteNonQuery();
        }
        var files = TinyGallery.Read(gallery);
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"/{n}.jpg").Order(StringComparer.Ordinal), files.Keys);
        using (var database = Database.Open(gallery)) Assert.Equal(Schema.Version, database.Number("PRAGMA user_version"));
        using (var writer = new EmbeddedWriter(gallery))
        {
            var changes = new GalleryChanges();
            changes.Files.Add(TinyGallery.File("/1.jpg", 1) with { Sidecar = 5, Caption = "one" });
            writer.Commit(changes);
            Assert.Equal((5, "one"), (writer.Files()["/1.jpg"].Sidecar, writer.Files()["/1.jpg"].Caption));
        }
        Assert.Equal(files, TinyGallery.Read(gallery));
    }
}
