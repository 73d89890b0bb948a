using NClip.Search.Store;
using NClip.Search.Vectors;
using NClip.Tests;
using Xunit;

namespace NClip.Search.Tests.Store;

/// <summary>
/// A writer's process is killed, or the power is cut, before each thing that reaches the disk. What lies there then is copied; the copy must open, be whole, hold the
/// state of the last commit or of the one under way, and take the rest of the work.
/// </summary>
public sealed class KillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new(Memory);
    private readonly List<SortedDictionary<string, int>> _states = [[]];
    private readonly Random _random;
    private int _kills;

    /// <summary>A file system in memory, where there is one: the tests wait for the disk some thousand times.</summary>
    private static string? Memory => Directory.Exists("/dev/shm") ? "/dev/shm" : null;

    public KillTests() => _random = new Random(1);

    public void Dispose() => _folder.Dispose();

    /// <summary>What a random run does: each entry is one commit.</summary>
    private sealed record Work(GalleryChanges Changes, bool Sweeps);

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5)]
    public void Whatever_moment_ends_the_writer_nothing_committed_is_lost_and_nothing_is_doubled(int seed)
    {
        var work = Plan(seed);
        var (gallery, done, wal) = (_folder["gallery"], 0, 0L);
        using (var writer = TinyGallery.Write(gallery, step => Kill(gallery, step, done, ref wal, work)))
        {
            foreach (var w in work)
            {
                if (w.Sweeps) writer.Sweep();
                else writer.Commit(w.Changes);
                done++;
                wal = Length(Path.Combine(gallery, "gallery.db-wal"));
            }
        }
        Assert.Equal(_states[^1], TinyGallery.Read(gallery));
        Assert.True(_kills >= 200, $"{_kills} kills");
        TestContext.Current.SendDiagnosticMessage($"{_kills} kills");
    }

    private List<Work> Plan(int seed)
    {
        var (random, next, work) = (new Random(seed), 1, new List<Work>());
        for (var i = 0; i < 22; i++)
        {
            var (state, changes) = (new SortedDictionary<string, int>(_states[^1], StringComparer.Ordinal), new GalleryChanges());
            if (i % 5 == 4)
            {
                work.Add(new Work(changes, Sweeps: true));
                _states.Add(state);
                continue;
            }
            foreach (var gone in state.Keys.Where(_ => random.Next(3) == 0).ToArray())
            {
                changes.Removed.Add(gone);
                state.Remove(gone);
            }
            for (var k = random.Next(1, 24); k > 0; k--, next++)
            {
                var path = state.Count > 0 && random.Next(4) == 0 ? state.Keys.ElementAt(random.Next(state.Count)) : $"/{next}.jpg";
                changes.Contents.Add(TinyGallery.Content(next));
                changes.Files.RemoveAll(f => f.Path == path);
                changes.Files.Add(TinyGallery.File(path, next));
                state[path] = next;
            }
            work.Add(new Work(changes, Sweeps: false));
            _states.Add(state);
        }
        return work;
    }

    private void Kill(string gallery, string step, int done, ref long wal, List<Work> work)
    {
        if (step is "committed" or "swept" or "unlink") wal = Length(Path.Combine(gallery, "gallery.db-wal")); // a commit has waited for the disk
        foreach (var power in (bool[])[false, true])
        {
            var copy = _folder["copy"];
            TinyGallery.Copy(gallery, copy);
            if (power && Database.Is(copy)) CutPower(copy, wal);
            Check(copy, step, done, work);
            Directory.Delete(copy, recursive: true);
            _kills++;
        }
    }

    private void Check(string copy, string step, int done, List<Work> work)
    {
        var isMade = Database.Is(copy);
        Assert.True(isMade || step is "open" or "begun" or "tables", $"killed at '{step}' there is no gallery");
        if (isMade)
        {
            var state = TinyGallery.Read(copy);
            Assert.True(state.SequenceEqual(_states[done]) || state.SequenceEqual(_states[Math.Min(done + 1, _states.Count - 1)]), $"killed at '{step}' after {done} commits");
            if (_random.Next(8) > 0) return;
        }
        using (var writer = TinyGallery.Write(copy))
        {
            foreach (var w in work.Skip(done))
            {
                if (w.Sweeps) writer.Sweep();
                else writer.Commit(Fresh(w.Changes, writer.Contents()));
            }
        }
        Assert.Equal(_states[^1], TinyGallery.Read(copy));
    }

    // The index run asks which contents are there, and does not bring those again.
    private static GalleryChanges Fresh(GalleryChanges all, HashSet<UInt128> known)
    {
        var changes = new GalleryChanges();
        changes.Contents.AddRange(all.Contents.Where(c => !known.Contains(c.Hash)));
        changes.Files.AddRange(all.Files);
        changes.Removed.AddRange(all.Removed);
        return changes;
    }

    // What was not flushed may be lost: rows that no transaction has committed, and the end of the log.
    private void CutPower(string copy, long wal)
    {
        var log = Path.Combine(copy, "gallery.db-wal");
        if (Length(log) is var length && length > wal)
        {
            using var file = File.OpenHandle(log, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.SetLength(file, _random.NextInt64(wal, length));
        }
        using var database = Database.Open(copy);
        var segments = Segments.Of(database, 1, TinyGallery.Dimension).ToDictionary(s => s.Layout.FileName);
        foreach (var path in Directory.EnumerateFiles(Segments.Folder(copy), "*.seg"))
        {
            if (!segments.TryGetValue(Path.GetFileName(path), out var s)) { File.Delete(path); continue; }
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            foreach (var (plane, stride) in ((long, int)[])[(SegmentLayout.Codes, s.Layout.CodeStride), (s.Layout.Records, 16), (s.Layout.Vectors, s.Layout.VectorStride)])
            {
                var rubbish = new byte[(s.Layout.Capacity - s.Rows) * stride];
                _random.NextBytes(rubbish);
                RandomAccess.Write(file, rubbish, plane + ((long)s.Rows * stride));
            }
        }
    }

    private static long Length(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;
}
