using System.Text;
using Microsoft.Extensions.VectorData;
using NClip.Search.Store;
using NClip.Search.Tests.Indexing;
using NClip.Search.Tests.Store;
using NClip.Search.VectorData;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.VectorData;

/// <summary>A vector store that somebody brings, beside a gallery: the same runs, the same rows, the same answers.</summary>
public sealed class PictureIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Clip _clip = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));
    private readonly MemoryCollection _store = new();

    public void Dispose()
    {
        _store.Dispose();
        _clip.Dispose();
        _folder.Dispose();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private GalleryModel Model => GalleryModel.Of(_clip, "tiny", new ClipOptions(), Stop);

    private PictureIndex Pictures => new(_store, _clip, Model);

    private async Task<IndexResult> IndexGallery()
    {
        using var indexer = new GalleryIndexer(_folder["g.nclip"], _clip, Model);
        return await indexer.IndexAsync([_folder["photos"]], cancellationToken: Stop);
    }

    private string Picture(string name, byte red)
    {
        var path = _folder.Write(Path.Combine("photos", name));
        File.WriteAllBytes(path, [.. Encoding.ASCII.GetBytes("P6\n8 6\n255\n"), .. Enumerable.Range(0, 48).SelectMany(i => new[] { red, (byte)(i * 5), (byte)(red * i) })]);
        File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(red));
        return path;
    }

    private void Caption(string name, string text) => File.SetLastWriteTimeUtc(_folder.Write(Path.Combine("photos", name), text), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(text.Length));

    private async Task AssertAnswersAreTheGallerys()
    {
        using var gallery = Gallery.Open(_folder["g.nclip"]);
        var pictures = Pictures; // its model's fingerprint reads every weight
        foreach (var query in (SearchQuery[])[SearchQuery.Parse("a rocket"), SearchQuery.Parse("\"a cat\" - 0.5 * \"snow\""), new([new QueryTerm(1, null, Path.Combine(Reference.Root, "samples", "rocket.jpg"))])])
            foreach (var filter in (SearchFilter[])[SearchFilter.None, new(Path: "2"), new() { Caption = "red" }, new(After: new DateTime(2020, 1, 1)), new(Near: new NearPlace(48.86, 2.34, 5))])
                foreach (var top in (int[])[1, 4, 500])
                    Assert.Equal(gallery.Search(query.Encode(_clip, Stop), top, filter, cancellationToken: Stop)[0], await pictures.SearchAsync(query, top, filter, Stop));
    }

    [Fact]
    public async Task Rows_and_answers_are_those_of_the_embedded_store()
    {
        await _store.EnsureCollectionExistsAsync(Stop);
        var there = new CollectionWriter(_store, "f00d-natural-fp32", Stop);
        using (var here = TinyGallery.Write(_folder["g"]))
        {
            foreach (var changes in GalleryPlan.Steps())
            {
                there.Commit(changes);
                here.Commit(changes);
                Assert.Equal(here.Files().Values.Where(f => f.Failure is null).OrderBy(f => f.Path, StringComparer.Ordinal), new CollectionWriter(_store, "f00d-natural-fp32", Stop).Files().Values.OrderBy(f => f.Path, StringComparer.Ordinal));
            }
            here.Sweep();
            var again = new CollectionWriter(_store, "f00d-natural-fp32", Stop);
            again.Files();
            Assert.Equal(here.Contents().Order(), again.Contents().Order());
        }
        using var embedded = EmbeddedStore.Open(_folder["g"]);
        var queries = GalleryPlan.Queries();
        var pictures = new PictureIndex(_store, _clip, TinyGallery.Model);
        foreach (var filter in GalleryPlan.Filters)
            foreach (var top in (int[])[1, 7, 1000])
            {
                var wanted = embedded.Search(queries.Normalized(), top, filter, true, Stop);
                for (var q = 0; q < queries.Rows; q += 4)
                {
                    var found = await pictures.SearchAsync(new Matrix(1, queries.Columns, queries.Row(q).ToArray()), top, filter, Stop);
                    Assert.True(wanted[q].SequenceEqual(found), $"{filter}, the best {top} of query {q}: {wanted[q].Count} {found.Count}\n{string.Join('\n', wanted[q].Zip(found).Where(p => p.First != p.Second))}");
                }
            }
    }

    [Fact]
    public async Task A_folder_is_followed_as_a_gallery_follows_it_and_only_new_contents_are_embedded()
    {
        foreach (var i in Enumerable.Range(1, 70)) Picture($"{i}.ppm", (byte)(i * 3));
        Picture("copy.ppm", 9);
        Caption("3.txt", "a red thing");
        _folder.Write("photos/broken.jpg", "no picture");
        File.WriteAllBytes(_folder["photos/paris.jpg"], ExifJpeg.With(File.ReadAllBytes(Path.Combine(Reference.Root, "samples", "rocket.jpg")), "Canon", "EOS 5D", "2021:06:05 14:03:02", (48, 51, 'N'), (2, 21, 'E'), 6));
        File.SetLastWriteTimeUtc(_folder["photos/paris.jpg"], new DateTime(2021, 6, 5, 0, 0, 0, DateTimeKind.Utc));
        var failed = new List<FailedFile>();
        Assert.Equal(await IndexGallery(), await Pictures.IndexAsync([_folder["photos"]], failed: new Told<FailedFile>(failed.Add), cancellationToken: Stop));
        Assert.Equal("broken.jpg", Path.GetFileName(Assert.Single(failed).File));
        await AssertAnswersAreTheGallerys();

        var sent = _store.Sent;
        Assert.Equal(await IndexGallery(), await Pictures.IndexAsync([_folder["photos"]], cancellationToken: Stop));
        Assert.Equal(sent, _store.Sent);

        File.Move(_folder["photos/1.ppm"], _folder["photos/renamed.ppm"]);
        File.Move(_folder["photos/4.ppm"], _folder["photos/z.ppm"]);
        Picture("4.ppm", 253); // another picture under the old name, met before the new name
        Picture("2.ppm", 201);
        File.Delete(_folder["photos/5.ppm"]);
        Caption("3.txt", "another thing that is red");
        var broken = Picture("6.ppm", 18);
        File.WriteAllText(broken, "P6 broken");
        var (wanted, read) = (await IndexGallery(), 0);
        Assert.Equal(wanted, await Pictures.IndexAsync([_folder["photos"]], progress: new Told<IndexProgress>(_ => read++), cancellationToken: Stop));
        Assert.True(read < 12, $"{read} files were read again");
        await AssertAnswersAreTheGallerys();
        Assert.DoesNotContain(_store.Records, r => r.Path == broken);
    }

    [Fact]
    public async Task A_store_that_is_lost_is_named_and_the_same_call_goes_on_there()
    {
        foreach (var i in Enumerable.Range(1, 60)) Picture($"{i}.ppm", (byte)(i * 4));
        _store.Room = 25;
        var lost = await Assert.ThrowsAsync<SearchException>(() => Pictures.IndexAsync([_folder["photos"]], cancellationToken: Stop));
        Assert.Equal("pictures: the vector store refuses: connection refused (127.0.0.1:6334). What was written is kept, and the same call goes on there.", lost.Message);
        _store.Room = null;
        var r = await Pictures.IndexAsync([_folder["photos"]], cancellationToken: Stop);
        Assert.Equal((35, 25, 60), (r.Added, r.Unchanged, r.Total));
        Assert.Equal(60, _store.Sent);
        await IndexGallery();
        await AssertAnswersAreTheGallerys();
    }

    [Fact]
    public async Task A_run_that_is_stopped_is_gone_on_with()
    {
        foreach (var i in Enumerable.Range(1, 60)) Picture($"{i:00}.ppm", (byte)(i * 4));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Pictures.IndexAsync([_folder["photos"]], new IndexOptions(BatchSize: 4), new Told<IndexProgress>(p => { if (p.Done == 40) stop.Cancel(); }), cancellationToken: stop.Token));
        Assert.Equal(60, (await Pictures.IndexAsync([_folder["photos"]], cancellationToken: Stop)).Total);
        await IndexGallery();
        await AssertAnswersAreTheGallerys();
    }

    [Fact]
    public async Task Vectors_of_two_models_are_not_mixed()
    {
        Picture("1.ppm", 1);
        await Pictures.IndexAsync([_folder["photos"]], cancellationToken: Stop);
        var other = new PictureIndex(_store, _clip, Model with { Name = "other", Fingerprint = "beef" });
        Assert.Empty(await other.SearchAsync("a rocket", 5, cancellationToken: Stop));
        var refused = await Assert.ThrowsAsync<SearchException>(() => other.IndexAsync([_folder["photos"]], cancellationToken: Stop));
        Assert.Contains($"({Model.Fingerprint}-natural-fp32), and this one is other (beef-natural-fp32)", refused.Message);
        Assert.Single(await Pictures.SearchAsync("a rocket", 5, cancellationToken: Stop));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_in_words()
    {
        Assert.Contains("there is no collection", (await Assert.ThrowsAsync<SearchException>(() => Pictures.SearchAsync("a rocket", 5, cancellationToken: Stop))).Message);
        Assert.Contains("the best 0", (await Assert.ThrowsAsync<SearchException>(() => Pictures.SearchAsync("a rocket", 0, cancellationToken: Stop))).Message);
        Assert.Contains("the query is [1, 3]", (await Assert.ThrowsAsync<SearchException>(() => Pictures.SearchAsync(new Matrix(1, 3, [1, 2, 3]), 5, cancellationToken: Stop))).Message);
        Assert.Contains("there is no such folder", (await Assert.ThrowsAsync<SearchException>(() => Pictures.IndexAsync([_folder["nowhere"]], cancellationToken: Stop))).Message);
    }

    [Fact]
    public void The_definition_names_the_properties_of_a_record_with_their_types_and_only_such_as_all_stores_take()
    {
        Type[] plain = [typeof(string), typeof(int), typeof(long), typeof(double)];
        var properties = PictureRecord.Definition(7).Properties;
        Assert.Equal(typeof(PictureRecord).GetProperties().Select(p => (p.Name, (Type?)p.PropertyType)).Order(), properties.Select(p => (p.Name, p.Type)).Order());
        Assert.All(properties.OfType<VectorStoreDataProperty>(), p => Assert.Contains(Nullable.GetUnderlyingType(p.Type!) ?? p.Type!, plain));
        Assert.Equal((7, DistanceFunction.CosineSimilarity), properties.OfType<VectorStoreVectorProperty>().Select(p => (p.Dimensions, p.DistanceFunction)).Single());
    }

    private sealed class Told<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }
}
