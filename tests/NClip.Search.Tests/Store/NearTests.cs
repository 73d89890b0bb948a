using NClip.Search.Store;
using NClip.Search.Vectors;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Store;

/// <summary>The graph of near neighbours beside a gallery's segments.</summary>
public sealed class NearTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public NearTests() => Assert.SkipUnless(UsearchLibrary.IsThere, "USearch has no native library for this platform");

    public void Dispose() => _folder.Dispose();

    private static string Graph(string gallery) => Assert.Single(Directory.EnumerateFiles(NearGraph.Folder(gallery)));

    private static double Recall(string gallery)
    {
        using var store = EmbeddedStore.Open(gallery);
        var queries = new Matrix(50, TinyGallery.Dimension, [.. Enumerable.Range(0, 50).SelectMany(i => TinyGallery.Vector(100_000 + i))]);
        var (near, exact) = (store.Search(queries, 10, SearchFilter.None, false, default), store.Search(queries, 10, SearchFilter.None, true, default));
        Assert.All(near, n => Assert.Equal(n.OrderByDescending(m => m.Score).Select(m => m.Score), n.Select(m => m.Score)));
        return Enumerable.Range(0, 50).Average(q => near[q].Select(m => m.File).Intersect(exact[q].Select(m => m.File)).Count() / 10.0);
    }

    [Fact]
    public void It_grows_with_the_gallery_is_made_anew_where_much_is_dead_and_answers_without_its_file()
    {
        var gallery = _folder["g"];
        using var writer = TinyGallery.Write(gallery, firstCapacity: 1024);
        writer.Commit(TinyGallery.Adding(Enumerable.Range(0, 3000)));
        writer.Connect(null, default);
        Assert.False(Directory.Exists(NearGraph.Folder(gallery))); // too few to be worth it
        writer.Connect(true, default);
        var first = Graph(gallery);
        Assert.True(Recall(gallery) >= 0.98);

        writer.Commit(TinyGallery.Adding(Enumerable.Range(3000, 100))); // scanned behind it
        writer.Connect(true, default);
        Assert.Equal(first, Graph(gallery));
        Assert.True(Recall(gallery) >= 0.98);

        writer.Commit(TinyGallery.Adding(Enumerable.Range(3100, 900)));
        writer.Connect(true, default);
        var second = Graph(gallery);
        Assert.NotEqual(first, second);
        Assert.True(Recall(gallery) >= 0.98);

        var changes = new GalleryChanges();
        changes.Removed.AddRange(Enumerable.Range(0, 1500).Select(n => $"/{n}.jpg"));
        writer.Commit(changes);
        writer.Sweep();
        Assert.True(Recall(gallery) >= 0.98); // dead ones are no answers
        writer.Connect(true, default);
        Assert.NotEqual(second, Graph(gallery));
        Assert.True(Recall(gallery) >= 0.98);

        var whole = File.ReadAllBytes(Graph(gallery));
        foreach (var damaged in (byte[][])[.. Enumerable.Range(0, 16).Select(i => whole[..(whole.Length * i / 16)]), whole[..^1], [.. whole[..100], .. new byte[whole.Length - 100]]])
        {
            File.WriteAllBytes(Graph(gallery), damaged);
            Assert.Equal(1, Recall(gallery)); // every row is looked at
        }
        File.Delete(Graph(gallery));
        Assert.Equal(1, Recall(gallery));
        writer.Connect(true, default);
        Assert.True(Recall(gallery) >= 0.98);
        Assert.NotEmpty(Graph(gallery));
    }
}
