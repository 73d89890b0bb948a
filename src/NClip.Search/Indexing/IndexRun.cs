using System.Collections.Concurrent;
using NClip.Cli;
using NClip.Foundation;
using NClip.Search.Store;

namespace NClip.Search.Indexing;

/// <summary>
/// One run of the index over some folders: what is new or changed is read, hashed and, where its content is new, embedded; batches are committed as they are done.
/// The order is that of the paths, and what a stopped run committed is a beginning of it, so the next run embeds the same batches as one run would have.
/// </summary>
internal sealed class IndexRun(IPictureWriter writer, Clip clip, IndexOptions options, IProgress<IndexProgress>? progress, IProgress<FailedFile>? failed, CancellationToken cancellation)
{
    private const int Most = 1024; // files in a transaction
    private const int BatchesAtATime = 4;
    private static readonly TimeSpan _often = TimeSpan.FromSeconds(1), _wait = TimeSpan.FromSeconds(0.2);

    private readonly GalleryChanges _changes = new();
    private readonly Dictionary<UInt128, string> _broken = [];
    private HashSet<UInt128>? _known;
    private readonly ConcurrentQueue<(ReadPicture Picture, bool IsEmbedded)> _underWay = new();
    private Dictionary<string, StoredFile> _stored = [];
    private long _committed = Environment.TickCount64;
    private int _added, _changed, _unchanged, _failed, _done, _total;

    /// <summary>All files that there are now, broken ones too.</summary>
    public int Files => _stored.Count;

    /// <summary>Brings the gallery to the state of the folders.</summary>
    /// <param name="folders">Full paths.</param>
    public async Task<IndexResult> RunAsync(IReadOnlyList<string> folders)
    {
        _stored = writer.Files(); // before the walk: what another writer adds meanwhile is not taken for gone
        string[] before = [.. _stored.Keys];
        var walk = new PictureWalk(folders, options.Exclude ?? [], cancellation);
        foreach (var (folder, why) in walk.Unreadable) Fail(folder, why);
        foreach (var folder in folders) writer.AddRoot(folder);
        var doubtful = walk.Files.Where(f => !IsSame(f)).ToList();
        _total = doubtful.Count;
        if (_total > 0) await (writer.Shared is { } shared ? ShareAsync(shared, doubtful) : EmbedAsync(doubtful)).ConfigureAwait(false);
        var removed = Remove(folders, before, walk);
        writer.Commit(_changes);
        return new IndexResult(_added, _changed, removed, _unchanged, _failed, _stored.Values.Count(f => f.Failure is null));
    }

    // Size and time are those of the last run: its content is taken as the same, and so is what was wrong with it.
    private bool IsSame(FoundFile f)
    {
        if (!_stored.TryGetValue(f.Path, out var s) || s.Size != f.Size || s.Modified != f.Modified || s.Sidecar != f.Sidecar) return false;
        if (s.Failure is null) _unchanged++;
        else _failed++;
        return true;
    }

    // With others: a few batches' parts at a time; what another writer has done in them meanwhile is not done again.
    private async Task ShareAsync(ISharedWork shared, List<FoundFile> files)
    {
        var left = files.GroupBy(f => shared.PartOf(f.Path)).ToDictionary(g => g.Key, g => g.ToList());
        var most = Math.Max(1, left.Count * BatchesAtATime * options.BatchSize / files.Count);
        while (left.Count > 0)
        {
            if (shared.Take(left.Keys, most) is not { } lease)
            {
                await Task.Delay(_wait, cancellation).ConfigureAwait(false); // for those that others have
                continue;
            }
            FoundFile[] mine = [.. lease.Parts.SelectMany(p => left[p])];
            var now = shared.Files(lease.Parts).ToDictionary(f => f.Path, StringComparer.Ordinal);
            foreach (var f in mine)
                if (now.TryGetValue(f.Path, out var s)) _stored[f.Path] = s;
            List<FoundFile> toDo = [.. mine.Where(f => !IsSame(f)).OrderBy(f => f.Path, StringComparer.Ordinal)];
            _done += mine.Length - toDo.Count;
            await EmbedAsync(toDo).ConfigureAwait(false);
            Commit();
            lease.Return();
            foreach (var p in lease.Parts) left.Remove(p);
        }
    }

    private async Task EmbedAsync(List<FoundFile> files)
    {
        var embedded = 0;
        await foreach (var picture in clip.EncodeImagesAsync(ToEmbed(files), cancellation).ConfigureAwait(false))
        {
            while (Next() is var (next, isEmbedded))
            {
                if (!isEmbedded) { Place(next); continue; }
                if (picture.Error is { } e) Break(next, e.Message);
                else Embed(next, picture.Features.Span);
                break;
            }
            if (++embedded % options.BatchSize == 0) CommitSometimes();
        }
        while (Next() is var (rest, _)) Place(rest);
    }

    private (ReadPicture Picture, bool IsEmbedded)? Next()
    {
        if (!_underWay.TryDequeue(out var next)) return null;
        progress?.Report(new IndexProgress(++_done, _total));
        return next;
    }

    // Runs ahead of the tower, on another thread.
    private IEnumerable<ImageInput> ToEmbed(List<FoundFile> files)
    {
        _known ??= writer.Contents();
        foreach (var picture in Ordered.Select(files, 2 * (options.Threads ?? Environment.ProcessorCount), ReadPicture.Of, cancellation))
        {
            var isNew = picture.Failure is null && _known.Add(picture.Hash);
            _underWay.Enqueue((picture, isNew));
            if (isNew) yield return picture.Input();
        }
    }

    private void Embed(ReadPicture picture, ReadOnlySpan<float> features)
    {
        var vector = new float[features.Length];
        VectorMath.Normalize(features, vector);
        _changes.Contents.Add(new NewContent(picture.Hash, vector, picture.Facts()));
        Keep(picture);
    }

    // Its content is known: of this run, or of an earlier one.
    private void Place(ReadPicture picture)
    {
        if (picture.Failure is { } unread) Break(picture, unread);
        else if (_broken.TryGetValue(picture.Hash, out var reason)) Break(picture, reason);
        else Keep(picture);
    }

    private void Keep(ReadPicture picture)
    {
        var now = picture.As(picture.Hash, null);
        if (!_stored.TryGetValue(picture.File.Path, out var before) || before.Failure is not null) _added++;
        else if (before.Content == now.Content && before.Caption == now.Caption) _unchanged++;
        else _changed++;
        Put(now);
    }

    private void Break(ReadPicture picture, string reason)
    {
        if (picture.Failure is null) _broken[picture.Hash] = reason;
        Fail(picture.File.Path, reason);
        Put(picture.As(null, reason));
    }

    private void Fail(string path, string reason)
    {
        _failed++;
        failed?.Report(new FailedFile(path, reason));
    }

    private void Put(StoredFile file)
    {
        _stored[file.Path] = file;
        _changes.Files.Add(file);
    }

    private int Remove(IReadOnlyList<string> folders, IEnumerable<string> before, PictureWalk walk)
    {
        var here = walk.Files.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        var gone = before.Select(p => _stored[p]).Where(f => !here.Contains(f.Path) && folders.Any(r => PictureWalk.IsBelow(f.Path, r)) && !walk.IsUnknown(f.Path)).ToArray();
        foreach (var f in gone)
        {
            _stored.Remove(f.Path);
            _changes.Removed.Add(f.Path);
        }
        return gone.Count(f => f.Failure is null);
    }

    private void CommitSometimes()
    {
        if (_changes.Count < Most && Environment.TickCount64 - _committed < _often.TotalMilliseconds) return;
        Commit();
    }

    private void Commit()
    {
        writer.Commit(_changes);
        _changes.Clear();
        _committed = Environment.TickCount64;
    }
}
