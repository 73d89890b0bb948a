using System.Collections.Concurrent;
using NClip.Cli.Output;
using NClip.Cli.Output.Features;

namespace NClip.Cli.Embedding;

/// <summary>One call of <c>embed</c>: batches go through the tower into the journal, and when all are done from there into the file. What a run that was stopped has in its journal is not computed again.</summary>
/// <param name="terminal">Where to speak.</param>
/// <param name="target">The file of features.</param>
/// <param name="kind">Of pictures or of texts.</param>
/// <param name="normalize">Whether rows are divided by their length.</param>
/// <param name="failures">Counts the inputs that have no row.</param>
internal sealed class EmbedRun(Terminal terminal, string target, FeatureKind kind, bool normalize, Failures failures)
{
    private readonly FeatureOutput _output = new(target, kind, normalize);
    private readonly List<(RowSource Source, string Error)> _missing = [];

    /// <summary>Names an input that is none: a folder without pictures, a pattern that nothing matches.</summary>
    public void Miss(string entry, string message)
    {
        failures.Add(message);
        _missing.Add((new(null, entry), message));
    }

    /// <summary>Computes and writes the features.</summary>
    /// <param name="owner">Gives the digest of all that decides the features but the inputs.</param>
    /// <param name="dimension">D.</param>
    /// <param name="batches">The inputs as the tower takes them: a run that goes on must not divide them otherwise, or the last bits would differ.</param>
    /// <param name="digest">Of a batch's inputs.</param>
    /// <param name="encode">Batches to their outcomes, in order.</param>
    /// <param name="total">Number of inputs, where it is known.</param>
    /// <param name="stop">Ends the run; what is done is kept.</param>
    /// <exception cref="StoppedException">The run was stopped.</exception>
    public async Task RunAsync<T>(Func<byte[]> owner, int dimension, IEnumerable<T[]> batches, Func<T[], byte[]> digest, Func<IEnumerable<T[]>, IAsyncEnumerable<Outcome[]>> encode, int? total, CancellationToken stop)
    {
        using var journal = new Journal(target, owner, dimension);
        if (journal.WasAnothers) terminal.Note($"{journal.Path} is of another call (model, options or version); the work begins anew.");
        try
        {
            await FillAsync(journal, batches, digest, encode, total, stop).ConfigureAwait(false);
            await WriteAsync(journal, dimension, stop).ConfigureAwait(false);
            journal.Complete();
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            throw new StoppedException(journal.Inputs == 0 ? $"stopped before the first {kind.Noun} were done; nothing is kept." : $"stopped; {Kept(journal, total)}", e);
        }
        catch (ClipException e) when (journal.Inputs > 0)
        {
            throw new ClipException($"{e.Message} Nothing is lost: {Kept(journal, total)}", null, e);
        }
    }

    private string Kept(Journal journal, int? total)
        => $"{journal.Inputs}{(total is { } n ? $" of {n}" : "")} {kind.Noun} are kept in {journal.Path}. The same command goes on there; without that file it begins anew.";

    private async Task FillAsync<T>(Journal journal, IEnumerable<T[]> batches, Func<T[], byte[]> digest, Func<IEnumerable<T[]>, IAsyncEnumerable<Outcome[]>> encode, int? total, CancellationToken stop)
    {
        using var progress = new ProgressLine(terminal);
        var digests = new ConcurrentQueue<byte[]>(); // of the batches that are under way: taken when they are, before they are read
        await foreach (var outcomes in encode(Rest()).WithCancellation(stop).ConfigureAwait(false))
        {
            digests.TryDequeue(out var d);
            journal.Append(d!, outcomes);
            Report(outcomes);
            progress.Count(journal.Inputs, total, kind.Noun);
        }

        IEnumerable<T[]> Rest()
        {
            var taking = true;
            foreach (var batch in batches)
            {
                stop.ThrowIfCancellationRequested();
                var d = digest(batch);
                if (taking && journal.TryTake(d, out var done)) { Report(done); continue; }
                if (taking) GoOn(journal);
                taking = false;
                digests.Enqueue(d);
                yield return batch;
            }
            if (taking) GoOn(journal);
        }
    }

    private void GoOn(Journal journal)
    {
        var other = journal.Cut();
        if (journal.Inputs > 0) terminal.Note($"going on behind {journal.Inputs} {kind.Noun} that {journal.Path} has.");
        if (other) terminal.Note($"{journal.Path}: what it has {(journal.Inputs > 0 ? "from there on " : "")}is of other {kind.Noun} and is not used.");
    }

    private void Report(Outcome[] outcomes)
    {
        foreach (var o in outcomes)
            if (o.Error is { } e) failures.Add(e);
    }

    private Task WriteAsync(Journal journal, int dimension, CancellationToken stop) => _output.WriteAsync(journal.Rows, dimension,
        journal.Outcomes().Where(o => o.Error is null).Select(o => new FeatureRow(o.Source, o.Values)),
        [.. _missing, .. journal.Outcomes().Where(o => o.Error is not null).Select(o => (o.Source, o.Error!))], stop);
}
