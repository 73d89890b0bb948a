using System.Text;
using NClip.Search.Store;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Indexing;

public sealed class GalleryIndexerTests : IDisposable
{
    private static readonly string _sample = Path.Combine(Reference.Root, "samples", "rocket.jpg");
    private readonly TemporaryFolder _folder = new();
    private readonly Clip _clip = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));
    private readonly List<FailedFile> _failed = [];

    public void Dispose()
    {
        _clip.Dispose();
        _folder.Dispose();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Gallery => _folder["g.nclip"];

    /// <summary>A picture of one colour, old enough that its time is trusted.</summary>
    private string Picture(string name, byte red)
    {
        var path = _folder.Write(Path.Combine("photos", name));
        File.WriteAllBytes(path, [.. Encoding.ASCII.GetBytes("P6\n8 6\n255\n"), .. Enumerable.Range(0, 48).SelectMany(i => new[] { red, (byte)(i * 5), (byte)9 })]);
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(red));
        return path;
    }

    private sealed class Told<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }

    private async Task<IndexResult> Index(Clip? clip = null, string? name = null, IndexOptions? options = null)
    {
        using var indexer = new GalleryIndexer(Gallery, clip ?? _clip, GalleryModel.Of(clip ?? _clip, name, new ClipOptions(), Stop), options);
        return await indexer.IndexAsync([_folder["photos"]], null, new Told<FailedFile>(_failed.Add), Stop);
    }

    private long Rows()
    {
        using var database = Database.Open(Gallery);
        return database.Number("SELECT sum(rows) FROM segments");
    }

    private string[] Files()
    {
        using var gallery = NClip.Search.Gallery.Open(Gallery);
        gallery.Verify(Stop);
        return [.. gallery.Search(_clip.EncodeText("a rocket"), 100, cancellationToken: Stop)[0].Select(m => Path.GetFileName(m.File)).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task Files_are_followed_and_only_new_contents_are_embedded()
    {
        foreach (var i in Enumerable.Range(1, 5)) Picture($"{i}.ppm", (byte)(i * 9));
        Picture("copy.ppm", 9);
        _folder.Write("photos/broken.jpg", "no picture");
        Assert.Equal(new IndexResult(6, 0, 0, 0, 1, 6), await Index());
        Assert.Equal("broken.jpg", Path.GetFileName(Assert.Single(_failed).File));
        Assert.Equal(5, Rows());
        Assert.Equal(new IndexResult(0, 0, 0, 6, 1, 6), await Index());

        File.Move(_folder["photos/1.ppm"], _folder["photos/renamed.ppm"]);
        Assert.Equal(new IndexResult(1, 0, 1, 5, 1, 6), await Index());
        Assert.Equal(5, Rows()); // nothing was embedded

        Picture("2.ppm", 201);
        File.Delete(_folder["photos/3.ppm"]);
        Assert.Equal(new IndexResult(0, 1, 1, 4, 1, 5), await Index());
        Assert.Equal(["2.ppm", "4.ppm", "5.ppm", "copy.ppm", "renamed.ppm"], Files());
        Assert.Equal(6, Rows());
    }

    [Fact]
    public async Task A_change_that_keeps_size_and_time_is_found_where_the_time_was_too_near()
    {
        var path = Picture("1.ppm", 10);
        var now = DateTime.UtcNow;
        File.SetLastWriteTimeUtc(path, now);
        await Index();
        Picture("1.ppm", 99);
        File.SetLastWriteTimeUtc(path, now);
        Assert.Equal(1, (await Index()).Changed);
    }

    [Fact]
    public async Task A_picture_that_breaks_leaves_the_answers_and_comes_back()
    {
        Picture("1.ppm", 1);
        var path = Picture("2.ppm", 2);
        var whole = File.ReadAllBytes(path);
        await Index();
        File.WriteAllText(path, "P6 broken");
        Assert.Equal(new IndexResult(0, 0, 0, 1, 1, 1), await Index());
        using (var gallery = NClip.Search.Gallery.Open(Gallery)) Assert.Equal(path, Assert.Single(gallery.Failures).File);
        Assert.Equal(["1.ppm"], Files());
        File.WriteAllBytes(path, whole);
        Assert.Equal(2, (await Index()).Total);
        using (var gallery = NClip.Search.Gallery.Open(Gallery)) Assert.Empty(gallery.Failures);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_removes_nothing()
    {
        Picture("1.ppm", 1);
        await Index();
        Directory.Move(_folder["photos"], _folder["away"]);
        Assert.Contains("What the gallery has of it is kept", (await Assert.ThrowsAsync<SearchException>(() => Index())).Message);
        Assert.Equal(["1.ppm"], Files());
    }

    [Fact]
    public async Task Another_model_is_refused_with_both_named_and_reembedding_changes_it()
    {
        foreach (var i in Enumerable.Range(1, 40)) Picture($"{i}.ppm", (byte)(i * 5));
        await Index();
        using var other = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"), null, new ClipOptions(ImagePolicy: Images.ImagePolicy.Reference));
        var model = GalleryModel.Of(other, "other", new ClipOptions(ImagePolicy: Images.ImagePolicy.Reference), Stop);
        Assert.Contains("in the manner 'natural fp32', and this call says 'reference fp32'", Assert.Throws<SearchException>(() => new GalleryIndexer(Gallery, other, model)).Message);
        Assert.Contains("vectors of nclip-mini (", Assert.Throws<SearchException>(() => new GalleryIndexer(Gallery, other, model with { Fingerprint = "beef" })).Message);

        using (var stop = new CancellationTokenSource())
        using (var indexer = new GalleryIndexer(Gallery, other, model, new IndexOptions(BatchSize: 4, Reembed: true)))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => indexer.IndexAsync([_folder["photos"]], new Told<IndexProgress>(p => { if (p.Done > 36) stop.Cancel(); }), null, stop.Token));
        using (var gallery = NClip.Search.Gallery.Open(Gallery)) Assert.Equal("natural fp32", gallery.Model!.Manner);
        Assert.Equal(40, Files().Length); // the old vectors answer

        File.Delete(_folder["photos/7.ppm"]);
        using (var indexer = new GalleryIndexer(Gallery, other, model, new IndexOptions(BatchSize: 4, Reembed: true)))
            Assert.Equal(39, (await indexer.IndexAsync([_folder["photos"]], cancellationToken: Stop)).Total);
        using (var gallery = NClip.Search.Gallery.Open(Gallery)) Assert.Equal(("other", "reference fp32"), (gallery.Model!.Name, gallery.Model.Manner));
        Assert.Equal(39, Files().Length);
    }

    [Fact]
    public async Task What_headers_say_is_kept_and_can_be_asked_for()
    {
        var jpeg = File.ReadAllBytes(_sample);
        _folder.Write("photos/x");
        File.WriteAllBytes(_folder["photos/paris.jpg"], ExifJpeg.With(jpeg, "Canon", "EOS 5D", "2021:06:05 14:03:02", (48, 51, 'N'), (2, 21, 'E'), 6));
        File.WriteAllBytes(_folder["photos/rio.jpg"], ExifJpeg.With(jpeg, "Nikon", "NIKON D90", "2019:01:02 03:04:05", (22, 54, 'S'), (43, 12, 'W'), 1));
        File.Copy(_sample, _folder["photos/plain.jpg"]);
        await Index();
        using var gallery = NClip.Search.Gallery.Open(Gallery);
        string[] Found(SearchFilter filter) => [.. gallery.Search(_clip.EncodeText("a rocket"), 9, filter, cancellationToken: Stop)[0].Select(m => Path.GetFileName(m.File))];

        var paris = gallery.Search(_clip.EncodeText("a rocket"), 9, new SearchFilter(Path: "paris"), cancellationToken: Stop)[0].Single().Facts;
        Assert.Equal((new DateTime(2021, 6, 5, 14, 3, 2), "Canon EOS 5D", 6), (paris.Taken!.Value, paris.Camera, paris.Orientation));
        Assert.Equal((48.85, 2.35), (paris.Latitude!.Value, paris.Longitude!.Value));
        Assert.Equal(["rio.jpg"], Found(new SearchFilter(Before: new DateTime(2020, 1, 1))));
        Assert.Equal(["paris.jpg"], Found(new SearchFilter(After: new DateTime(2020, 1, 1))));
        Assert.Equal(["paris.jpg"], Found(new SearchFilter(Near: new NearPlace(48.86, 2.34, 5))));
        Assert.Empty(Found(new SearchFilter(Near: new NearPlace(48.86, 2.34, 1))));
        Assert.Equal(["rio.jpg"], Found(new SearchFilter(Near: new NearPlace(-22.9, -43.2, 1))));
        Assert.Equal(3, Found(new SearchFilter(MinSize: (paris.Width!.Value, 1))).Length);
        Assert.Empty(Found(new SearchFilter(MinSize: (paris.Width!.Value + 5000, 1))));
        Assert.Equal(["rio.jpg"], Found(new SearchFilter(Path: "*/RIO.*")));
    }

    [Fact]
    public async Task Watching_finds_what_comes_later()
    {
        Picture("1.ppm", 1);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var indexer = new GalleryIndexer(Gallery, _clip, GalleryModel.Of(_clip, null, new ClipOptions(), Stop));
        var results = new List<IndexResult>();
        var watching = indexer.WatchAsync([_folder["photos"]], new Told<IndexResult>(r =>
        {
            results.Add(r);
            if (results.Count == 1) Picture("2.ppm", 2);
            else stop.Cancel();
        }), cancellationToken: stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching.WaitAsync(TimeSpan.FromSeconds(30), Stop));
        Assert.Equal([1, 2], results.Select(r => r.Total));
    }
}
