using NClip.Search.Store;

namespace NClip.Search;

/// <summary>Pictures that were indexed: found by words, by example, by what their files say. Thread-safe; a search sees whole transactions of a writer that works meanwhile.</summary>
public sealed class Gallery : IDisposable
{
    private readonly IGalleryStore _store;

    private Gallery(IGalleryStore store) => _store = store;

    /// <summary>The model whose vectors it holds; null before the first picture.</summary>
    public GalleryModel? Model => _store.Model;

    /// <summary>How many pictures it has.</summary>
    public int Count => _store.Count;

    /// <summary>The folders that were indexed.</summary>
    public IReadOnlyList<string> Folders => _store.Roots;

    /// <summary>Files that could not be read as pictures.</summary>
    public IReadOnlyList<FailedFile> Failures => [.. _store.Failures().Select(f => new FailedFile(f.Path, f.Failure!))];

    /// <summary>Opens a gallery.</summary>
    /// <param name="where">Its folder.</param>
    /// <exception cref="SearchException">There is none, or it cannot be used.</exception>
    public static Gallery Open(string where) => new(EmbeddedStore.Open(Path.GetFullPath(where)));

    /// <summary>Whether there is a gallery.</summary>
    public static bool Exists(string where) => EmbeddedStore.Is(Path.GetFullPath(where));

    /// <summary>The best pictures for each query, best first; those with the same score by path.</summary>
    /// <param name="queries">Features [N, D] of texts or pictures, of the gallery's model; their length does not matter.</param>
    /// <param name="top">How many for each.</param>
    /// <param name="filter">What they must fulfil; null: anything.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="SearchException">The queries are of another dimension, or the gallery is damaged.</exception>
    public IReadOnlyList<IReadOnlyList<Match>> Search(Matrix queries, int top, SearchFilter? filter = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        if (top < 1) throw new SearchException(FormattableString.Invariant($"the best {top} are asked for; it must be 1 or more."));
        return _store.Search(queries.Normalized(), top, filter ?? SearchFilter.None, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();
}
