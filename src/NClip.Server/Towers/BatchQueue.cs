using System.Threading.Channels;
using NClip.Server.Guards;

namespace NClip.Server.Towers;

/// <summary>Inputs that come together run together: one loop takes what is there, and where the last run was shared waits a moment for more.</summary>
/// <typeparam name="T">An input: a text, the pixels of a picture, a query.</typeparam>
/// <typeparam name="TResult">What it becomes: features, answers.</typeparam>
internal sealed class BatchQueue<T, TResult> : IAsyncDisposable
{
    private readonly Channel<Job> _jobs;
    private readonly Func<IReadOnlyList<T>, CancellationToken, IReadOnlyList<TResult>> _run;
    private readonly CancellationTokenSource _stop = new();
    private readonly (int Most, TimeSpan Window) _batch;
    private readonly Action<int> _told;
    private readonly Task _loop;

    /// <param name="run">One run: inputs to as many results.</param>
    /// <param name="most">Inputs in one run.</param>
    /// <param name="capacity">Inputs that wait.</param>
    /// <param name="window">How long it waits for more.</param>
    /// <param name="told">Told of the size of each run.</param>
    public BatchQueue(Func<IReadOnlyList<T>, CancellationToken, IReadOnlyList<TResult>> run, int most, int capacity, TimeSpan window, Action<int> told)
    {
        (_run, _batch, _told) = (run, (most, window), told);
        _jobs = Channel.CreateBounded<Job>(new BoundedChannelOptions(capacity) { SingleReader = true });
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Inputs that wait.</summary>
    public int Waiting => _jobs.Reader.Count;

    /// <summary>What an input becomes.</summary>
    /// <exception cref="RefusedException">Too many wait already.</exception>
    public Task<TResult> RunAsync(T input, CancellationToken cancellation)
    {
        var job = new Job(input, new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously), cancellation);
        if (!_jobs.Writer.TryWrite(job)) throw Full();
        return job.Done.Task.WaitAsync(cancellation);
    }

    /// <summary>What several inputs become, in their order.</summary>
    /// <exception cref="RefusedException">Too many wait already.</exception>
    public Task<TResult[]> RunAsync(IReadOnlyList<T> inputs, CancellationToken cancellation) => Task.WhenAll([.. inputs.Select(i => RunAsync(i, cancellation))]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _jobs.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_jobs.Reader.TryRead(out var job)) job.Done.TrySetCanceled(CancellationToken.None);
        _stop.Dispose();
    }

    private static RefusedException Full() => new(503, Failures.Words(503).Code, Failures.Words(503).Message);

    private async Task LoopAsync()
    {
        var (batch, shared) = (new List<Job>(_batch.Most), false);
        while (await _jobs.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
        {
            batch.Clear();
            if (shared && _jobs.Reader.Count < _batch.Most) await Task.Delay(_batch.Window, _stop.Token).ConfigureAwait(false);
            while (batch.Count < _batch.Most && _jobs.Reader.TryRead(out var job))
                if (!job.Cancellation.IsCancellationRequested) batch.Add(job);
            if (batch.Count == 0) continue;
            shared = batch.Count > 1;
            Run(batch);
        }
    }

    private void Run(List<Job> batch)
    {
        try
        {
            var results = _run([.. batch.Select(j => j.Input)], _stop.Token);
            for (var i = 0; i < batch.Count; i++) batch[i].Done.TrySetResult(results[i]);
        }
        catch (Exception e) // of whatever kind: it is the answer of those who wait, and the loop goes on
        {
            foreach (var job in batch) job.Done.TrySetException(e);
        }
        _told(batch.Count);
    }

    private readonly record struct Job(T Input, TaskCompletionSource<TResult> Done, CancellationToken Cancellation);
}
