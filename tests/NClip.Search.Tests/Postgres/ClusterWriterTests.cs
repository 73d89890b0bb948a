using System.Diagnostics;
using System.Text;
using NClip.Search.Store.Postgres;
using NClip.Search.Tests.Store;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Postgres;

/// <summary>Writers of a gallery on a cluster: several at once, killed ones, and servers that are lost.</summary>
[Collection(nameof(Cluster))] // one at a time: some of them end servers
public sealed class ClusterWriterTests(Cluster cluster) : IDisposable
{
    private const int Pictures = 300;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Photos()
    {
        for (var i = 0; i < Pictures; i++)
        {
            _folder.Write($"photos/{i:000}.ppm");
            File.WriteAllBytes(_folder[$"photos/{i:000}.ppm"], [.. Encoding.ASCII.GetBytes("P6\n8 6\n255\n"), .. Enumerable.Range(0, 48 * 3).Select(k => (byte)((k * (i + 1)) + (i * 7)))]);
            File.SetLastWriteTimeUtc(_folder[$"photos/{i:000}.ppm"], new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }
        return _folder["photos"];
    }

    private static Clip Open() => Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));

    private static async Task<IndexResult> Index(string gallery, string photos, Clip clip, IProgress<IndexProgress>? progress = null)
    {
        using var indexer = new GalleryIndexer(gallery, clip, GalleryModel.Of(clip, null, new ClipOptions(), Stop));
        return await indexer.IndexAsync([photos], progress, null, Stop);
    }

    // Every picture once, and each the best answer to its own vector.
    private static void AssertWhole(string gallery, int pictures)
    {
        using var store = PostgresStore.Open(PostgresAddress.Of(gallery));
        store.Verify(default);
        var all = store.All(default);
        Assert.Equal((pictures, pictures), (store.Count, all.Pictures.DistinctBy(p => p.Path).Count()));
        Assert.Equal(pictures, store.Search(new Matrix(1, all.Vectors.Columns, all.Vectors.Row(0).ToArray()), pictures * 2, SearchFilter.None, true, default)[0].DistinctBy(m => m.File).Count());
    }

    [Fact]
    public async Task Several_writers_share_the_work_and_nothing_is_doubled()
    {
        var (gallery, photos) = (cluster.Gallery(), Photos());
        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            using var clip = Open();
            return await Index(gallery, photos, clip);
        }, Stop)));
        Assert.Equal(Pictures, results.Sum(r => r.Added));
        Assert.All(results, r => Assert.Equal((Pictures, 0, 0, Pictures), (r.Total, r.Failed, r.Removed, r.Added + r.Unchanged)));
        AssertWhole(gallery, Pictures);
        Assert.Equal(0L, cluster.Ask("SELECT count(*) FROM nclip_writers", gallery));
    }

    [Fact]
    public void A_part_is_one_writers_and_free_again_when_that_one_is_silent()
    {
        var gallery = cluster.Gallery();
        using var one = new PostgresWriter(PostgresAddress.Of(gallery), VectorStorage.Float32);
        using var other = new PostgresWriter(PostgresAddress.Of(gallery), VectorStorage.Float32);
        var mine = one.Take([1, 2, 3], 2)!;
        Assert.Equal([1, 2], mine.Parts);
        Assert.Equal([3], other.Take([1, 2, 3], 9)!.Parts);
        Assert.Null(other.Take([1, 2, 3], 9)); // they are its own already, or another's
        mine.Return();
        Assert.Equal([1, 2], other.Take([1, 2], 9)!.Parts);
        cluster.Ask("UPDATE nclip_writers SET until = now() - interval '1 second'", gallery);
        Assert.Equal([1, 2, 3], one.Take([1, 2, 3], 9)!.Parts);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_server_that_is_lost_while_pictures_are_written_is_named_and_after_its_return_nothing_is_lost_or_doubled(bool isCoordinator)
    {
        var (gallery, photos) = (cluster.Gallery(), Photos());
        using var clip = Open();
        var port = isCoordinator ? cluster.Coordinator : cluster.Workers[1];
        var isKilled = false;
        var lost = await Assert.ThrowsAsync<SearchException>(() => Index(gallery, photos, clip, new Told(p =>
        {
            if (p.Done < Pictures / 2 || isKilled) return;
            isKilled = true;
            cluster.Kill(port);
        })));
        Assert.Contains(FormattableString.Invariant($"127.0.0.1:{port}"), lost.Message);
        Assert.Contains("the same command goes on", lost.Message);
        Assert.Contains(FormattableString.Invariant($"127.0.0.1:{port}"), Assert.Throws<SearchException>(() =>
        {
            using var store = PostgresStore.Open(PostgresAddress.Of(gallery));
            store.Search(new Matrix(1, clip.Spec.EmbedDim, new float[clip.Spec.EmbedDim]), 5, SearchFilter.None, false, default);
        }).Message);
        cluster.Revive(port);
        var r = await Index(gallery, photos, clip);
        Assert.Equal((Pictures, 0, Pictures), (r.Total, r.Removed, r.Added + r.Unchanged));
        Assert.True(r.Unchanged > 0, "nothing was committed before");
        AssertWhole(gallery, Pictures);
    }

    [Fact]
    public void A_worker_that_is_lost_between_two_searches_is_named_and_the_same_store_answers_after_its_return()
    {
        var gallery = cluster.Gallery();
        using (var writer = new PostgresWriter(PostgresAddress.Of(gallery), VectorStorage.Float32))
        {
            writer.SetModel(TinyGallery.Model);
            writer.Commit(TinyGallery.Adding(Enumerable.Range(1, 200)));
        }
        using var store = PostgresStore.Open(PostgresAddress.Of(gallery));
        var query = new Matrix(1, TinyGallery.Dimension, TinyGallery.Vector(5));
        var before = store.Search(query, 50, SearchFilter.None, false, default)[0];
        cluster.Kill(cluster.Workers[0]);
        var lost = Assert.Throws<SearchException>(() => store.Search(query, 50, SearchFilter.None, false, default));
        Assert.Contains(FormattableString.Invariant($"127.0.0.1:{cluster.Workers[0]}"), lost.Message);
        Assert.DoesNotContain('\n', lost.Message);
        cluster.Revive(cluster.Workers[0]);
        Assert.Equal(before, store.Search(query, 50, SearchFilter.None, false, default)[0]);
    }

    [Fact]
    public async Task A_writer_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing()
    {
        var (gallery, photos) = (cluster.Gallery(), Photos());
        var program = Path.Combine(Reference.Root, "src", "NClip.Cli", "bin", "Release", "net10.0", "nclip.dll");
        Assert.SkipUnless(File.Exists(program), "the command is not built");
        var (random, kills) = (new Random(5), 0);
        Process Start() => Process.Start(new ProcessStartInfo("dotnet", [program, "index", photos, "--into", gallery, "--batch", "4"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        for (var i = 0; i < 4; i++)
        {
            using var process = Start();
            if (process.WaitForExit(random.Next(500, 3000))) continue;
            process.Kill();
            await process.WaitForExitAsync(Stop);
            kills++;
        }
        Assert.True(kills > 0, "no run was killed");
        using var last = Start();
        var said = await last.StandardError.ReadToEndAsync(Stop);
        await last.WaitForExitAsync(Stop);
        Assert.True(last.ExitCode == 0, said);
        AssertWhole(gallery, Pictures);
    }

    private sealed class Told(Action<IndexProgress> tell) : IProgress<IndexProgress>
    {
        public void Report(IndexProgress value) => tell(value);
    }
}
