namespace NClip.Inference;

/// <summary>
/// Calls into native memory, and its end. The end refuses new calls, cancels those that run, and waits until the last has left: memory that
/// a call reads is never freed beneath it. User code must not run inside a call. Thread-safe.
/// </summary>
/// <param name="what">What messages say was disposed.</param>
internal sealed class Lifetime(string what) : IDisposable
{
    private readonly object _gate = new(); // with Wait and Pulse, which Lock lacks
    private readonly CancellationTokenSource _ending = new();
    private int _calls;
    private bool _over;

    /// <summary>Throws once the end has begun.</summary>
    /// <exception cref="ObjectDisposedException">It has.</exception>
    public void ThrowIfOver()
    {
        if (Volatile.Read(ref _over)) throw Over();
    }

    /// <summary>Runs a call. Its token is cancelled by <paramref name="cancellation"/> and by the end.</summary>
    /// <exception cref="ObjectDisposedException">The end has begun, before the call or during it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void Run(Action<CancellationToken> call, CancellationToken cancellation)
    {
        lock (_gate)
        {
            ThrowIfOver();
            _calls++;
        }
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ending.Token);
            call(either.Token);
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            ThrowIfOver();
            throw;
        }
        finally
        {
            lock (_gate)
                if (--_calls == 0) Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Ends it; returns when no call runs any more. True for the first caller, who frees the memory.</summary>
    public bool End()
    {
        bool first;
        lock (_gate) (first, _over) = (!_over, true);
        if (first) _ending.Cancel();
        lock (_gate)
            while (_calls > 0) Monitor.Wait(_gate);
        return first;
    }

    /// <summary>To be called after <see cref="End"/>.</summary>
    public void Dispose() => _ending.Dispose();

    private ObjectDisposedException Over() => new(null, $"this {what} was disposed; make another, or dispose it after its last call.");
}
