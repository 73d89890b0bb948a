using NClip.Search.Store;
using NClip.Search.Store.Postgres;
using NClip.Search.Tests.Store;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Postgres;

/// <summary>The store in PostgreSQL beside the embedded one: the same rows, the same answers.</summary>
[Collection(nameof(Cluster))] // one at a time: some of them end servers
public sealed class ClusterTests(Cluster cluster) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static GalleryModel Model(int dimension) => TinyGallery.Model with { Dimension = dimension };

    private static PostgresWriter Write(string gallery, VectorStorage storage = VectorStorage.Float32, int dimension = TinyGallery.Dimension)
    {
        var writer = new PostgresWriter(PostgresAddress.Of(gallery), storage);
        if (writer.Model is null) writer.SetModel(Model(dimension));
        return writer;
    }

    private static void AssertSame(IReadOnlyList<IReadOnlyList<Match>> wanted, IReadOnlyList<IReadOnlyList<Match>> found, string filter)
    {
        foreach (var (w, f) in wanted.Zip(found)) Assert.True(w.SequenceEqual(f), $"{filter}\n{string.Join('\n', w.Zip(f).Where(p => p.First != p.Second))}\n{w.Count} {f.Count}");
    }

    [Fact]
    public void Rows_and_answers_are_those_of_the_embedded_store()
    {
        var gallery = cluster.Gallery();
        using (var there = Write(gallery))
        using (var here = TinyGallery.Write(_folder["g"]))
            foreach (var changes in GalleryPlan.Steps())
            {
                there.Commit(changes);
                here.Commit(changes);
                Assert.Equal(here.Contents().Order(), there.Contents().Order());
                Assert.Equal(here.Files().Values.OrderBy(f => f.Path, StringComparer.Ordinal), there.Files().Values.Select(f => f with { Failure = f.Failure?.Replace("broken .", "broken\0.", StringComparison.Ordinal) }).OrderBy(f => f.Path, StringComparer.Ordinal));
            }
        using (var there = Write(gallery))
        using (var here = TinyGallery.Write(_folder["g"]))
        {
            there.Sweep();
            here.Sweep();
            Assert.Equal(here.Contents().Order(), there.Contents().Order());
        }
        using var store = PostgresStore.Open(PostgresAddress.Of(gallery));
        using var embedded = EmbeddedStore.Open(_folder["g"]);
        var queries = GalleryPlan.Queries();
        foreach (var filter in GalleryPlan.Filters)
            foreach (var top in (int[])[1, 7, 1000]) AssertSame(embedded.Search(queries, top, filter, true, default), store.Search(queries, top, filter, top == 7, default), filter.ToString());
        Assert.Contains(GalleryPlan.Filters, f => f.Path == "straße_1" && store.Search(queries, 5, f, false, default)[0].Count == 5);
        Assert.Equal(embedded.Count, store.Count);
        Assert.Equal(embedded.Failures(), store.Failures());
        var (e, s) = (embedded.All(default), store.All(default));
        Assert.Equal(e.Pictures.Select(p => p with { Row = 0 }), s.Pictures.Select(p => p with { Row = 0 }));
        Assert.Equal(e.Pictures.Select(p => e.Vectors.Row(p.Row).ToArray()), s.Pictures.Select(p => s.Vectors.Row(p.Row).ToArray()));
        store.Verify(default);
        Assert.Equal(2L, cluster.Ask("SELECT count(DISTINCT nodeport) FROM citus_shards WHERE table_name = 'nclip_pictures'::regclass AND shard_size > 0", gallery));
    }

    [Fact]
    public void Halves_take_half_the_room_and_score_nearly_the_same()
    {
        var gallery = cluster.Gallery();
        using (var writer = Write(gallery, VectorStorage.Float16)) writer.Commit(TinyGallery.Adding(Enumerable.Range(1, 50)));
        using (var again = Write(gallery)) again.Commit(TinyGallery.Adding(51)); // it stays as it was made
        using var store = PostgresStore.Open(PostgresAddress.Of(gallery));
        var best = store.Search(new Matrix(1, TinyGallery.Dimension, TinyGallery.Vector(51)), 51, SearchFilter.None, false, default)[0];
        Assert.Equal((51, "/51.jpg"), (best.Count, best[0].File));
        Assert.InRange(best[0].Score, 0.9995, 1.0005);
        Assert.Equal("halfvec(8)", cluster.Ask("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'nclip_pictures'::regclass AND attname = 'v'", gallery));
        Assert.Contains("f32 or f16", Assert.Throws<SearchException>(() => Write(gallery, VectorStorage.Int8)).Message);
    }

    [Fact]
    public void The_index_finds_nearly_all_of_the_best_also_behind_a_filter()
    {
        const int pictures = 30_000, dimension = 32;
        var gallery = cluster.Gallery();
        using (var writer = Write(gallery, dimension: dimension))
        {
            foreach (var chunk in Enumerable.Range(0, pictures).Chunk(10_000))
            {
                var changes = new GalleryChanges();
                foreach (var n in chunk)
                {
                    changes.Contents.Add(new NewContent((UInt128)n, TinyGallery.Vector(n, dimension), new PictureFacts()));
                    changes.Files.Add(TinyGallery.File(FormattableString.Invariant($"/{n % 100}/{n}.jpg"), n));
                }
                writer.Commit(changes);
            }
            writer.Connect(null, default);
        }
        Assert.NotNull(cluster.Ask("SELECT to_regclass('nclip_pictures_near')::text", gallery));
        cluster.Ask("ANALYZE nclip_pictures", gallery);
        using var store = PostgresStore.Open(PostgresAddress.Of(gallery));
        var queries = new Matrix(50, dimension, [.. Enumerable.Range(0, 50).SelectMany(i => TinyGallery.Vector(1_000_000 + i, dimension))]);
        foreach (var filter in (SearchFilter[])[SearchFilter.None, new(Path: "/7/")])
        {
            var (near, exact) = (store.Search(queries, 10, filter, false, default), store.Search(queries, 10, filter, true, default));
            var recall = Enumerable.Range(0, 50).Average(q => near[q].Intersect(exact[q]).Count() / 10.0);
            Assert.All(near, n => Assert.Equal(10, n.Count));
            Assert.True(recall >= 0.95, FormattableString.Invariant($"recall {recall} of {filter}"));
            TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"recall@10 {recall}"));
        }
    }
}
