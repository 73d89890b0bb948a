using System.Text;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Indexing;

/// <summary>A disk that is full in the middle of a run.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Before = 20, All = 60; // pictures
    private const int Step = 3 * 4096; // bytes: some pages
    private const long Size = 4 << 20;

    private readonly TemporaryFolder _folder = new();
    private readonly Clip _clip = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));

    public void Dispose()
    {
        _clip.Dispose();
        _folder.Dispose();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private void Photos(int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            var path = _folder.Write($"photos/{i:000}.ppm");
            File.WriteAllBytes(path, [.. Encoding.ASCII.GetBytes("P6\n8 6\n255\n"), .. Enumerable.Range(0, 48 * 3).Select(k => (byte)((k * (i + 1)) + (i * 7)))]);
            File.SetLastWriteTimeUtc(path, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        }
    }

    private async Task<IndexResult> Index(string gallery)
    {
        using var indexer = new GalleryIndexer(gallery, _clip, GalleryModel.Of(_clip, null, new ClipOptions(), Stop));
        return await indexer.IndexAsync([_folder["photos"]], cancellationToken: Stop);
    }

    private IReadOnlyList<Match> Answers(string where)
    {
        using var gallery = Gallery.Open(where);
        gallery.Verify(Stop);
        return gallery.Search(_clip.EncodeText("a rocket"), 1000, cancellationToken: Stop)[0];
    }

    [Fact]
    public async Task A_disk_that_is_full_at_whatever_moment_is_named_nothing_committed_is_lost_and_the_same_call_goes_on_when_there_is_room()
    {
        using var disk = new SmallDisk(_folder["small"], Size);
        Photos(0, Before);
        await Index(_folder["whole"]);
        Photos(Before, All);
        await Index(_folder["whole"]);
        var wanted = Answers(_folder["whole"]);
        Assert.Equal(All, wanted.Count);
        var (refused, before) = (0, 0);
        for (var room = 0L; ; room += Step)
        {
            var gallery = _folder[$"small/{room / Step}.nclip"];
            foreach (var later in Enumerable.Range(Before, All - Before)) File.Delete(_folder[$"photos/{later:000}.ppm"]);
            await Index(gallery);
            var old = Answers(gallery);
            Assert.Equal(Before, old.Count);
            Photos(Before, All);
            File.WriteAllBytes(_folder["small/filler"], new byte[Math.Max(0, disk.Free - room)]);
            try
            {
                Assert.Equal(All, (await Index(gallery)).Total);
            }
            catch (SearchException e)
            {
                Assert.StartsWith(gallery, e.Message);
                Assert.True(e.Message.Contains("the disk is full", StringComparison.Ordinal) && e.Message.Contains("the same command goes on", StringComparison.Ordinal), $"{room} bytes left: {e.Message}");
                refused++;
                File.Delete(_folder["small/filler"]);
                var kept = Answers(gallery);
                Assert.Equal(kept.Count == Before ? old : wanted, kept); // the last commit may have been the last thing that had room
                if (kept.Count == Before) before++;
                Assert.Equal(All, (await Index(gallery)).Total);
                Assert.Equal(wanted, Answers(gallery));
                Directory.Delete(gallery, recursive: true);
                continue;
            }
            Assert.Equal(wanted, Answers(gallery)); // there was room
            break;
        }
        Assert.True(before >= 5, $"{refused} times the disk was full, {before} times before the pictures were in");
    }

    [Fact]
    public async Task A_gallery_that_cannot_be_begun_is_named_and_begins_when_there_is_room()
    {
        using var disk = new SmallDisk(_folder["small"], Size);
        Photos(0, Before);
        var refused = 0;
        for (var room = 0L; ; room += Step)
        {
            var gallery = _folder["small/g.nclip"];
            File.WriteAllBytes(_folder["small/filler"], new byte[disk.Free - room]);
            var e = await Record.ExceptionAsync(() => Index(gallery));
            File.Delete(_folder["small/filler"]);
            if (e is not null) Assert.True(e is SearchException && e.Message.StartsWith(gallery, StringComparison.Ordinal) && e.Message.Contains("the disk is full", StringComparison.Ordinal), $"{room} bytes left: {e}");
            Assert.Equal(Before, (await Index(gallery)).Total);
            Assert.Equal(Before, Answers(gallery).Count);
            Directory.Delete(gallery, recursive: true);
            if (e is null) break; // there was room
            refused++;
        }
        Assert.True(refused >= 5, $"{refused} times the disk was full");
    }
}
