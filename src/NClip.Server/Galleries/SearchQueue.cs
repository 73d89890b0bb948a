using NClip.Search;
using NClip.Server.Metrics;
using NClip.Server.Towers;

namespace NClip.Server.Galleries;

/// <summary>Searches that come together look at the vectors together: one pass over them serves several queries. Each gets the answer that it would get alone.</summary>
internal sealed class SearchQueue : IAsyncDisposable
{
    private readonly Gallery _gallery;
    private readonly BatchQueue<Wanted, Answer> _queue;

    /// <param name="gallery">The gallery.</param>
    /// <param name="options">How many run together, and how many wait.</param>
    /// <param name="meter">Told of each run.</param>
    public SearchQueue(Gallery gallery, ServerOptions options, ServerMeter meter)
    {
        _gallery = gallery;
        _queue = new(Run, options.MaxBatch, options.TowerQueue, TimeSpan.Zero, n => meter.Batch("search", n)); // no wait: whoever comes during a run is in the next
        meter.Watch("search", () => _queue.Waiting);
    }

    /// <summary>The best pictures, best first, and the score above which pictures stand out; null where that is not known.</summary>
    /// <param name="query">Features [1, D].</param>
    /// <param name="top">How many.</param>
    /// <param name="filter">What they must fulfil.</param>
    /// <param name="terms">What the query is made of.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="Guards.RefusedException">Too many wait already.</exception>
    public Task<Answer> SearchAsync(Matrix query, int top, SearchFilter filter, SearchQuery terms, CancellationToken cancellation)
        => filter == SearchFilter.None ? _queue.RunAsync(new Wanted(query, top, terms), cancellation)
        : Task.Run(() => new Answer(_gallery.Search(query, top, filter, cancellationToken: cancellation)[0], _gallery.Threshold(terms)), cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    // Those that want as many: how many are wanted decides how far an index looks.
    private Answer[] Run(IReadOnlyList<Wanted> wanted, CancellationToken cancellation)
    {
        var answers = new Answer[wanted.Count];
        foreach (var group in wanted.Index().GroupBy(w => w.Item.Top))
        {
            var queries = new Matrix(group.Count(), wanted[0].Query.Columns, [.. group.SelectMany(w => w.Item.Query.Row(0).ToArray())]);
            var found = _gallery.Search(queries, group.Key, cancellationToken: cancellation);
            foreach (var (i, w) in group.Index()) answers[w.Index] = new Answer(found[i], _gallery.Threshold(w.Item.Terms));
        }
        return answers;
    }

    /// <summary>What is found.</summary>
    internal sealed record Answer(IReadOnlyList<Match> Matches, double? Threshold);

    private sealed record Wanted(Matrix Query, int Top, SearchQuery Terms);
}
