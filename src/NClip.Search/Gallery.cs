using System.Numerics.Tensors;
using NClip.Search.Groups;
using NClip.Search.Indexing;
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

    /// <summary>A number that is another once a writer has changed something, so that a list need not be read again where it is the same; null where the store does not say (PostgreSQL).</summary>
    public long? Revision => _store.Revision;

    /// <summary>Files that could not be read as pictures.</summary>
    public IReadOnlyList<FailedFile> Failures => [.. _store.Failures().Select(f => new FailedFile(f.Path, f.Failure!))];

    /// <summary>All pictures, by path.</summary>
    public IReadOnlyList<GalleryPicture> Pictures(CancellationToken cancellationToken = default) => _store.Pictures(cancellationToken);

    /// <summary>Opens a gallery.</summary>
    /// <param name="where">Its folder, or a PostgreSQL database: <c>Host=...;Database=...</c> or a URL.</param>
    /// <exception cref="SearchException">There is none, or it cannot be used.</exception>
    public static Gallery Open(string where) => new(Stores.Open(where));

    /// <summary>Whether there is a gallery.</summary>
    public static bool Exists(string where) => Stores.Exists(where);

    /// <summary>What messages call a gallery: its folder as it was named, or the address of its database without user and password.</summary>
    public static string Shown(string where) => Stores.Shown(where);

    /// <summary>The full path of a gallery's folder; null where it is in a database.</summary>
    public static string? Folder(string where) => Stores.Folder(where);

    /// <summary>The best pictures for each query, best first; those with the same score by path.</summary>
    /// <param name="queries">Features [N, D] of texts or pictures, of the gallery's model; their length does not matter.</param>
    /// <param name="top">How many for each.</param>
    /// <param name="filter">What they must fulfil; null: anything.</param>
    /// <param name="exact">Whether every vector is looked at, also where the gallery has an index that finds nearly all of the best. With a filter it is in any case.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="SearchException">The queries are of another dimension, or the gallery is damaged.</exception>
    public IReadOnlyList<IReadOnlyList<Match>> Search(Matrix queries, int top, SearchFilter? filter = null, bool exact = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        if (top < 1) throw new SearchException(FormattableString.Invariant($"the best {top} are asked for; it must be 1 or more."));
        var unit = queries.Normalized();
        for (var q = 0; q < unit.Rows; q++)
            if (!float.IsFinite(TensorPrimitives.Sum(unit.Row(q)))) throw new SearchException(FormattableString.Invariant($"query {q} has values that are infinite or no numbers."));
        return _store.Search(unit, top, filter ?? SearchFilter.None, exact, cancellationToken);
    }

    /// <summary>A map of the gallery (t-SNE, on the cells of a grid): pictures that are alike are neighbours. Of a larger gallery pictures evenly over its paths. The same gallery gives the same map.</summary>
    /// <param name="most">Pictures on it, 1 to 4,000; the work grows with the square.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public GalleryMap Map(int most = 1000, CancellationToken cancellationToken = default)
    {
        var all = _store.All(cancellationToken);
        StoredPicture[] shown = [.. all.Pictures.DistinctBy(p => p.Row)];
        if (shown.Length > most) shown = [.. Enumerable.Range(0, most).Select(i => shown[(int)((long)i * shown.Length / most)])];
        var vectors = new Matrix(shown.Length, all.Vectors.Columns, [.. shown.SelectMany(p => all.Vectors.Row(p.Row).ToArray())]);
        var cells = CellGrid.Place(NeighbourMap.Of(vectors, cancellationToken), CellGrid.Columns(shown.Length));
        return new GalleryMap([.. shown.Select((p, i) => new MapPlace(p.Path, cells[i].Column, cells[i].Row))]);
    }

    /// <summary>The score above which pictures stand out for a query, measured on this gallery's own pictures (docs/search.md, "What is found"); null where it has too few.</summary>
    public double? Threshold(SearchQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return query.IsText ? _store.Limits?.Text : _store.Limits?.Picture;
    }

    /// <summary>Pictures that show the same, in groups, largest first; of each the one to keep. Every pair is compared: 100,000 pictures take about a minute.</summary>
    /// <param name="threshold">Least cosine of two that show the same. Default 0.92.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IReadOnlyList<DuplicateGroup> Duplicates(float threshold = 0.92f, CancellationToken cancellationToken = default)
        => NearDuplicates.Of(_store.All(cancellationToken), threshold, cancellationToken);

    /// <summary>The pictures in albums of what belongs together (k-means), largest first, each named by the label that fits it best. The same gallery gives the same albums.</summary>
    /// <param name="clip">The gallery's model.</param>
    /// <param name="count">How many; null: the root of half the number of pictures, 60 at most.</param>
    /// <param name="labels">Names to choose from; null: 64 of common things.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public IReadOnlyList<Album> Albums(Clip clip, int? count = null, IReadOnlyList<string>? labels = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        var (all, names) = (_store.All(cancellationToken), labels ?? Concepts.Names);
        return Groups.Albums.Of(all, count ?? Groups.Albums.Count(all.Vectors.Rows), names, Concepts.Encode(clip, names, cancellationToken), cancellationToken);
    }

    /// <summary>Looks at every checksum, and whether facts and vectors fit. Reads all vectors.</summary>
    /// <exception cref="SearchException">Something is not as it was written; the message says what.</exception>
    public void Verify(CancellationToken cancellationToken = default) => _store.Verify(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();
}
