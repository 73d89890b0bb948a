using NClip.Search.Store;
using NClip.Search.Vectors;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Store;

/// <summary>Galleries that something else has damaged, and writers that meet.</summary>
public sealed class DamageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Gallery(int pictures = 20)
    {
        using var writer = TinyGallery.Write(_folder["g"]);
        writer.Commit(TinyGallery.Adding(Enumerable.Range(1, pictures)));
        return _folder["g"];
    }

    private static IReadOnlyList<Match> Use(string gallery, bool verifies = true)
    {
        using var store = EmbeddedStore.Open(gallery);
        if (verifies) store.Verify(default);
        return store.Search(new Matrix(1, TinyGallery.Dimension, TinyGallery.Vector(3)), 1000, SearchFilter.None, false, default)[0];
    }

    [Fact]
    public void A_segment_that_is_cut_anywhere_is_named()
    {
        var gallery = Gallery();
        var path = Directory.EnumerateFiles(Segments.Folder(gallery)).First();
        var whole = File.ReadAllBytes(path);
        foreach (var length in (int[])[0, 1, 39, 40, 4095, 4096, whole.Length / 2, whole.Length - 1])
        {
            File.WriteAllBytes(path, whole[..length]);
            var e = Assert.Throws<SearchException>(() => Use(gallery));
            Assert.Contains(Path.GetFileName(path), e.Message);
            Assert.Contains("damaged", e.Message);
        }
        File.WriteAllBytes(path, whole);
        Use(gallery);
    }

    [Fact]
    public void A_flipped_bit_of_a_row_or_footer_is_seen()
    {
        var gallery = Gallery();
        var path = Directory.EnumerateFiles(Segments.Folder(gallery)).First();
        var whole = File.ReadAllBytes(path);
        var seen = 0;
        var layout = new SegmentLayout(1, TinyGallery.Dimension, 8, VectorStorage.Float32);
        foreach (var at in (long[])[SegmentLayout.Codes + 3, layout.Records + 9, layout.Vectors + (5 * layout.VectorStride) + 30, layout.Footer + 9, 12])
        {
            var changed = (byte[])whole.Clone();
            changed[at] ^= 4;
            File.WriteAllBytes(path, changed);
            Assert.Throws<SearchException>(() => Use(gallery));
            seen++;
        }
        Assert.Equal(5, seen);
    }

    [Theory, InlineData(20), InlineData(90), InlineData(400)]
    public void Facts_that_are_cut_anywhere_are_refused_or_answer_as_they_did_for_readers_and_writers(int pictures)
    {
        const int page = 4096;
        var gallery = Gallery(pictures);
        var path = Path.Combine(gallery, "gallery.db");
        var (whole, wanted, refused) = (File.ReadAllBytes(path), Use(gallery), 0);
        var pages = whole.Length / page;
        int[] lengths = [0, 1, 17, 100, .. Enumerable.Range(1, pages).SelectMany(p => new[] { (p * page) - 1, p * page, (p * page) + 1, (p * page) + (page / 2) }), .. Enumerable.Range(0, 40).Select(i => whole.Length - 1 - (i * 101))];
        foreach (var length in lengths.Where(l => l < whole.Length))
        {
            foreach (var use in (Action[])[() => Assert.Equal(wanted, Use(gallery, verifies: false)), () => Write(gallery, pictures)])
            {
                foreach (var beside in Directory.EnumerateFiles(gallery, "gallery.db-*")) File.Delete(beside);
                File.WriteAllBytes(path, whole[..length]);
                try { use(); }
                catch (SearchException e)
                {
                    Assert.StartsWith(gallery, e.Message);
                    refused++;
                }
            }
        }
        Assert.True(refused > lengths.Length, $"{refused} of {2 * lengths.Length} were refused");
    }

    // What was there must still be.
    private static void Write(string gallery, int pictures)
    {
        using (var writer = TinyGallery.Write(gallery)) writer.Commit(TinyGallery.Adding(10_000));
        Assert.Equal(pictures + 1, TinyGallery.Read(gallery).Count);
    }

    [Fact]
    public void A_log_that_is_cut_anywhere_leaves_the_state_of_an_earlier_commit()
    {
        var (states, copy) = (new List<int> { 0 }, _folder["copy"]);
        using var writer = TinyGallery.Write(_folder["g"]);
        for (var i = 0; i < 12; i++)
        {
            writer.Commit(TinyGallery.Adding(Enumerable.Range(i * 20, 1 + i)));
            states.Add(states[^1] + 1 + i);
        }
        var seen = new HashSet<int>();
        for (var cut = 0; cut <= 30; cut++)
        {
            TinyGallery.Copy(_folder["g"], copy);
            using (var log = File.Open(Path.Combine(copy, "gallery.db-wal"), FileMode.Open)) log.SetLength(log.Length * cut / 30);
            try
            {
                var count = TinyGallery.Read(copy).Count;
                Assert.Contains(count, states);
                seen.Add(count);
            }
            catch (SearchException e) { Assert.StartsWith(copy, e.Message); }
            Directory.Delete(copy, recursive: true);
        }
        Assert.True(seen.Count > 6 && seen.Contains(states[^1]), string.Join(' ', seen));
    }

    [Fact]
    public void A_second_writer_is_refused_and_readers_are_not()
    {
        using var writer = TinyGallery.Write(_folder["g"]);
        writer.Commit(TinyGallery.Adding(1));
        Assert.Contains("another process writes to this gallery now", Assert.Throws<SearchException>(() => TinyGallery.Write(_folder["g"])).Message);
        Use(_folder["g"]);
    }

    [Fact]
    public void A_folder_that_is_no_gallery_is_not_opened()
    {
        Assert.Contains("there is no such gallery", Assert.Throws<SearchException>(() => EmbeddedStore.Open(_folder["nowhere"])).Message);
        Assert.Contains("this folder is no gallery", Assert.Throws<SearchException>(() => EmbeddedStore.Open(_folder.Path)).Message);
        _folder.Write("gallery.db", "what is this");
        Assert.Throws<SearchException>(() => EmbeddedStore.Open(_folder.Path));
    }

    [Fact]
    public async Task A_reader_never_sees_half_a_write()
    {
        const int together = 7; // pictures in each commit
        using var writer = TinyGallery.Write(_folder["g"]);
        writer.Commit(TinyGallery.Adding(Enumerable.Range(0, together)));
        using var stop = new CancellationTokenSource();
        var reading = Task.Run(() =>
        {
            using var store = EmbeddedStore.Open(_folder["g"]);
            var reads = 0;
            for (; !stop.IsCancellationRequested; reads++)
            {
                var all = store.Search(new Matrix(1, TinyGallery.Dimension, TinyGallery.Vector(reads)), 10_000, SearchFilter.None, false, default)[0];
                Assert.Equal(0, all.Count % together);
                foreach (var batch in all.GroupBy(m => int.Parse(Path.GetFileNameWithoutExtension(m.File), System.Globalization.CultureInfo.InvariantCulture) / together)) Assert.Equal(together, batch.Count());
            }
            return reads;
        }, TestContext.Current.CancellationToken);
        for (var i = 1; i < 60 && !reading.IsCompleted; i++)
        {
            var changes = TinyGallery.Adding(Enumerable.Range(i * together, together));
            if (i % 3 == 0) changes.Removed.AddRange(Enumerable.Range((i - 2) * together, together).Select(n => $"/{n}.jpg"));
            writer.Commit(changes);
            if (i % 5 == 0) writer.Sweep();
        }
        await stop.CancelAsync();
        Assert.True(await reading > 10);
    }
}
