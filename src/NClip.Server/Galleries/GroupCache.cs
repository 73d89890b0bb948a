using NClip.Search;

namespace NClip.Server.Galleries;

/// <summary>What looks at every pair of pictures: made when it is first asked for, one at a time, and kept while the gallery has as many pictures, ten minutes at most.</summary>
internal sealed class GroupCache(Gallery gallery, Catalog catalog) : IDisposable
{
    private const int Kept = 8;
    private static readonly TimeSpan _fresh = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<(string Kind, double Number), (int Count, DateTime At, object Value)> _made = [];

    /// <summary>The gallery's pictures.</summary>
    public Catalog Catalog => catalog;

    /// <summary>Groups of pictures that show the same.</summary>
    public Task<IReadOnlyList<DuplicateGroup>> DuplicatesAsync(float threshold, CancellationToken cancellation)
        => GetAsync(("duplicates", threshold), () => gallery.Duplicates(threshold, cancellation), cancellation);

    /// <summary>The map.</summary>
    public Task<GalleryMap> MapAsync(int most, CancellationToken cancellation) => GetAsync(("map", most), () => gallery.Map(most, cancellation), cancellation);

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<T> GetAsync<T>((string, double) key, Func<T> make, CancellationToken cancellation) where T : class
    {
        await _one.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var count = gallery.Count;
            if (_made.TryGetValue(key, out var made) && made.Count == count && DateTime.UtcNow - made.At < _fresh) return (T)made.Value;
            var value = await Task.Run(make, cancellation).ConfigureAwait(false);
            if (_made.Count >= Kept) _made.Clear();
            _made[key] = (count, DateTime.UtcNow, value);
            return value;
        }
        finally { _one.Release(); }
    }
}
