namespace NClip.Hub;

/// <summary>Repeats what may succeed the next time: waits 1, 2, 4, 8 ... s (half of it at random), or as long as the server asks.</summary>
internal static class Retry
{
    private const long Progress = 1 << 20;
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    /// <param name="options">Attempts and the way of waiting.</param>
    /// <param name="action">One attempt; throws a transient <see cref="HubException"/> to be called again.</param>
    /// <param name="position">Bytes there so far: an attempt that got a megabyte further than any before does not count as failed.</param>
    /// <param name="waiting">Called before each wait.</param>
    /// <param name="cancellationToken">Ends attempts and waits.</param>
    public static async Task<T> RunAsync<T>(HubOptions options, Func<CancellationToken, Task<T>> action, Func<long>? position, Action? waiting, CancellationToken cancellationToken)
    {
        var furthest = position?.Invoke() ?? 0;
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            try
            {
                return await action(cancellationToken).ConfigureAwait(false);
            }
            catch (HubException e) when (e.IsTransient)
            {
                if (position?.Invoke() is { } now && now - furthest >= Progress) (attempt, furthest) = (1, now);
                if (attempt >= options.Attempts || e.RetryAfter > _patience)
                    throw new HubException(e.Error, e.Message + (e.RetryAfter > _patience
                        ? FormattableString.Invariant($" It asks to wait {e.RetryAfter.Value.TotalMinutes:0} minutes; try again then.")
                        : $" Given up after {attempt} attempts{(position?.Invoke() > 0 ? "; what has arrived is kept, another call goes on from there" : "")}."), e.File, e);
                wait = e.RetryAfter ?? TimeSpan.FromSeconds(Math.Min(_longest.TotalSeconds, Math.Pow(2, attempt - 1)) * (0.5 + 0.5 * Random.Shared.NextDouble()));
            }
            waiting?.Invoke();
            if (wait > TimeSpan.Zero) await options.Delay(wait, cancellationToken).ConfigureAwait(false);
        }
    }
}
