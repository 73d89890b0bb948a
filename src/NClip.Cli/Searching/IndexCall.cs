using NClip.Cli.Output;
using NClip.Search;

namespace NClip.Cli.Searching;

/// <summary>One call of <c>nclip index</c>: progress and failures as they come, at the end what was found.</summary>
/// <param name="terminal">Where to speak.</param>
/// <param name="gallery">The gallery, as it was named.</param>
/// <param name="json">Whether the end is a JSON object.</param>
internal sealed class IndexCall(Terminal terminal, string gallery, bool json)
{
    private readonly Failures _failures = new(terminal);

    /// <summary>Indexes the folders, and follows them where the call says so, until Ctrl+C.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="StoppedException">The user stopped it.</exception>
    public async Task<int> RunAsync(GalleryIndexer indexer, IReadOnlyList<string> folders, bool watch, CancellationToken stop)
    {
        using var progress = new ProgressLine(terminal);
        var (counted, failed) = (new Now<IndexProgress>(p => progress.Count(p.Done, p.Total, "pictures")), new Now<FailedFile>(e => _failures.Add(GalleryOutput.Line(e))));
        try
        {
            if (watch) await indexer.WatchAsync(folders, new Now<IndexResult>(r => Show(r, progress)), counted, failed, stop).ConfigureAwait(false);
            var result = await indexer.IndexAsync(folders, counted, failed, stop).ConfigureAwait(false);
            Show(result, progress);
            return result.Failed == 0 ? ExitCode.Done : ExitCode.SomeFailed;
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            throw new StoppedException("stopped; what was done is kept, and the same command goes on there.", e);
        }
    }

    /// <summary>Puts features in.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="StoppedException">The user stopped it.</exception>
    public int Import(GalleryIndexer indexer, IEnumerable<(string File, ReadOnlyMemory<float> Features)> rows, CancellationToken stop)
    {
        using var progress = new ProgressLine(terminal);
        try
        {
            Show(indexer.Import(rows, new Now<int>(done => progress.Count(done, null, "features")), stop), progress);
            return ExitCode.Done;
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            throw new StoppedException("stopped; what was done is kept, and the same command goes on there.", e);
        }
    }

    private void Show(IndexResult r, ProgressLine progress)
    {
        progress.Clear();
        GalleryOutput.Write(terminal, gallery, r, _failures.Count, json);
    }
}
