using System.Collections.Concurrent;
using NClip.Cli;
using NClip.Foundation;
using NClip.Search.Store;

namespace NClip.Search.Indexing;

/// <summary>
/// One run of the index over some folders: what is new or changed is read, hashed and, where its content is new, embedded; batches are committed as they are done.
/// The order is that of the paths, and what a stopped run committed is a beginning of it, so the next run embeds the same batches as one run would have.
/// </summary>
internal sealed class IndexRun(IGalleryWriter writer, Clip clip, IndexOptions options, IProgress<IndexProgress>? progress, IProgress<FailedFile>? failed, CancellationToken cancellation)
{
    private const int Most = 1024; // files in a transaction
    private static readonly TimeSpan _often = TimeSpan.FromSeconds(1);

    private readonly GalleryChanges _changes = new();
    private readonly Dictionary<UInt128, string> _broken = [];
    private readonly ConcurrentQueue<(ReadPicture Picture, bool IsEmbedded)> _underWay = new();
    private Dictionary<string, StoredFile> _stored = [];
    private long _committed = Environment.TickCount64;
    private int _added, _changed, _unchanged, _failed, _done, _total;

    /// <summary>Brings the gallery to the state of the folders.</summary>
    /// <param name="folders">Full paths.</param>
    public async Task<IndexResult> RunAsync(IReadOnlyList<string> folders)
    {
        var walk = new PictureWalk(folders, options.Exclude ?? [], cancellation);
        foreach (var (folder, why) in walk.Unreadable) Fail(folder, why);
        _stored = writer.Files();
        foreach (var folder in folders) writer.AddRoot(folder);
        var doubtful = walk.Files.Where(f => !IsSame(f)).ToList();
        _total = doubtful.Count;
        if (_total > 0) await EmbedAsync(doubtful).ConfigureAwait(false);
        var removed = Remove(folders, walk);
        writer.Commit(_changes);
        writer.Sweep();
        Calibrate(_stored.Count);
        writer.Connect(options.Approximate, cancellation);
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
        var known = writer.Contents();
        foreach (var picture in Ordered.Select(files, 2 * (options.Threads ?? Environment.ProcessorCount), ReadPicture.Of, cancellation))
        {
            var isNew = picture.Failure is null && known.Add(picture.Hash);
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

    private int Remove(IReadOnlyList<string> folders, PictureWalk walk)
    {
        var here = walk.Files.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        var gone = _stored.Values.Where(f => !here.Contains(f.Path) && folders.Any(r => PictureWalk.IsBelow(f.Path, r)) && !walk.IsUnknown(f.Path)).ToArray();
        foreach (var f in gone)
        {
            _stored.Remove(f.Path);
            _changes.Removed.Add(f.Path);
        }
        return gone.Count(f => f.Failure is null);
    }

    // Anew when the gallery has grown to the double: what it shows may be something else by then.
    private void Calibrate(int files)
    {
        if (files < Calibration.Least || files < 2 * writer.LimitsOf) return;
        if (Calibration.Of(clip, writer.Sample(Calibration.Sample), cancellation) is { } limits) writer.SetLimits(limits, files);
    }

    private void CommitSometimes()
    {
        if (_changes.Count < Most && Environment.TickCount64 - _committed < _often.TotalMilliseconds) return;
        writer.Commit(_changes);
        _changes.Clear();
        _committed = Environment.TickCount64;
    }
}
