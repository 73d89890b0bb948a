using NClip.Search.Indexing;
using NClip.Search.Store;

namespace NClip.Search;

/// <summary>
/// Brings a gallery to the state of folders. It may be killed at any moment; the next run goes on where it was. One at a time writes to a gallery in a folder, several share the work of one in PostgreSQL; searching goes on meanwhile.
/// </summary>
public sealed class GalleryIndexer : IDisposable
{
    private readonly IGalleryWriter _writer;
    private readonly IndexOptions _options;
    private readonly Clip _clip;
    private bool _reembeds;

    /// <param name="gallery">The gallery's folder, or a PostgreSQL database: <c>Host=...;Database=...</c> or a URL; it is made where it is not there.</param>
    /// <param name="clip">The model, opened with <see cref="IndexOptions.BatchSize"/> as its batch size.</param>
    /// <param name="model">What it is: <see cref="GalleryModel.Of"/>.</param>
    /// <param name="options">How pictures are indexed; null for the defaults.</param>
    /// <exception cref="SearchException">Another process writes to the gallery, it has vectors of another model, or it cannot be used.</exception>
    public GalleryIndexer(string gallery, Clip clip, GalleryModel model, IndexOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(model);
        (_clip, _options) = (clip, options ?? new IndexOptions());
        _writer = Stores.Write(gallery, _options.Storage);
        try
        {
            if (_writer.Model is null) _writer.SetModel(model);
            else if (_writer.Model.Differs(model) is not { } difference) _writer.NoteSource(model.Source);
            else if (_reembeds = _options.Reembed) _writer.Begin(model);
            else throw new SearchException($"{difference} Vectors of two models cannot be compared: index with the gallery's own, into another gallery, or change its model with --reembed.", Stores.Shown(gallery));
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    /// <summary>Adds what is new in the folders, embeds again what changed, removes what is gone. What cannot be read is noted, and tried again when it changes.</summary>
    /// <param name="folders">Folders; those below them are included.</param>
    /// <param name="progress">Told of each file that was read.</param>
    /// <param name="failed">Told of each file that cannot be read as a picture, once; a later run that finds it unchanged only counts it.</param>
    /// <param name="cancellationToken">Ends the run; what was committed stays.</param>
    /// <exception cref="SearchException">A folder is not there, or the gallery cannot be written to.</exception>
    public async Task<IndexResult> IndexAsync(IReadOnlyList<string> folders, IProgress<IndexProgress>? progress = null, IProgress<FailedFile>? failed = null, CancellationToken cancellationToken = default)
    {
        var roots = Roots(folders);
        if (_reembeds) await new ReembedRun(_writer, _clip, _options, progress, cancellationToken).RunAsync().ConfigureAwait(false);
        _reembeds = false;
        var run = new IndexRun(_writer, _clip, _options, progress, failed, cancellationToken);
        var result = await run.RunAsync(roots).ConfigureAwait(false);
        Finish(run.Files, cancellationToken);
        return result;
    }

    /// <summary>Adds features of pictures that were made elsewhere by this indexer's model; no picture is decoded. A file that is there is hashed, so that a later run over its folder finds it unchanged.</summary>
    /// <param name="rows">Files, and the features [D] of each; their length does not matter.</param>
    /// <param name="progress">Told how many are in.</param>
    /// <param name="cancellationToken">Ends it; what was committed stays.</param>
    /// <exception cref="SearchException">Features are of another dimension or no numbers, or the gallery cannot be written to.</exception>
    public IndexResult Import(IEnumerable<(string File, ReadOnlyMemory<float> Features)> rows, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (_reembeds) throw new SearchException("features cannot be added while the gallery's model is changed. Leave --reembed out.");
        var (added, changed, unchanged) = new FeatureImport(_writer, progress, cancellationToken).Run(rows);
        var files = _writer.Files().Values;
        Finish(files.Count, cancellationToken);
        return new IndexResult(added, changed, 0, unchanged, 0, files.Count(f => f.Failure is null));
    }

    /// <summary>Indexes the folders, and again whenever something in them changes, until it is cancelled.</summary>
    /// <param name="folders">Folders; those below them are included.</param>
    /// <param name="indexed">Told of the first run, and of each later one that found a difference.</param>
    /// <param name="progress">Told of each file that was read.</param>
    /// <param name="failed">Told of each file that cannot be read as a picture.</param>
    /// <param name="cancellationToken">Ends it; what was committed stays.</param>
    /// <exception cref="OperationCanceledException">Always, in the end.</exception>
    /// <exception cref="SearchException">A folder is not there, or the gallery cannot be written to.</exception>
    public async Task WatchAsync(IReadOnlyList<string> folders, IProgress<IndexResult> indexed, IProgress<IndexProgress>? progress = null, IProgress<FailedFile>? failed = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(indexed);
        using var watch = new FolderWatch(Roots(folders)); // before the first run: what changes during it is seen
        for (var first = true; ; first = false)
        {
            var result = await IndexAsync(folders, progress, failed, cancellationToken).ConfigureAwait(false);
            if (first || result.Added + result.Changed + result.Removed > 0) indexed.Report(result);
            await watch.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Full paths of folders, each once.</summary>
    /// <exception cref="SearchException">One is not there.</exception>
    public static IReadOnlyList<string> Roots(IReadOnlyList<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        foreach (var f in folders)
            if (!Directory.Exists(f)) throw new SearchException(File.Exists(f) ? "this is a file. Name its folder." : "there is no such folder. What the gallery has of it is kept.", f);
        return [.. folders.Select(f => Path.TrimEndingDirectorySeparator(Path.GetFullPath(f))).Distinct(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void Finish(int files, CancellationToken cancellation)
    {
        _writer.Sweep();
        Calibration.Note(_writer, _clip, files, cancellation);
        _writer.Connect(_options.Approximate, cancellation);
    }
}
