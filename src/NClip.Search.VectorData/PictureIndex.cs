using System.Numerics.Tensors;
using Microsoft.Extensions.VectorData;
using NClip.Search.Indexing;

namespace NClip.Search.VectorData;

/// <summary>
/// Pictures in whatever store has an implementation of Microsoft.Extensions.VectorData: folders are indexed into a collection of it as into a gallery, and found by words, by example and by
/// what their files say. The store keeps vectors and facts; NClip makes the vectors and scores what the store finds by them. Searches may run while one index run writes.
/// </summary>
public sealed class PictureIndex
{
    private const int Beyond = 16; // more than are wanted: the store's own sums may order two otherwise

    private readonly VectorStoreCollection<Guid, PictureRecord> _collection;
    private readonly Clip _clip;
    private readonly GalleryModel _model;
    private readonly string _mark;

    /// <param name="collection">Where the pictures are kept: of the store that you have, made with <see cref="PictureRecord.Definition"/>. Its owner disposes it.</param>
    /// <param name="clip">The model. Its owner disposes it.</param>
    /// <param name="model">What it is: <see cref="GalleryModel.Of"/>.</param>
    public PictureIndex(VectorStoreCollection<Guid, PictureRecord> collection, Clip clip, GalleryModel model)
    {
        ArgumentNullException.ThrowIfNull(collection);
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(model);
        (_collection, _clip, _model, _mark) = (collection, clip, model, $"{model.Fingerprint} {model.Manner}".Replace(' ', '-'));
    }

    /// <summary>
    /// Makes the collection where it is not there, adds what is new in the folders, embeds again what changed, removes what is gone; a file that was renamed is not embedded again.
    /// A run that was stopped, or whose store was lost, is gone on with by the next. Files that cannot be read are tried again by each run.
    /// </summary>
    /// <param name="folders">Folders; those below them are included.</param>
    /// <param name="options">Batches, threads, and what is left out; how vectors are kept and found is the store's own matter. Null for the defaults.</param>
    /// <param name="progress">Told of each file that was read.</param>
    /// <param name="failed">Told of each file that cannot be read as a picture.</param>
    /// <param name="cancellationToken">Ends the run; what was written stays.</param>
    /// <exception cref="SearchException">A folder is not there, the collection has vectors of another model, or the store refuses.</exception>
    public async Task<IndexResult> IndexAsync(IReadOnlyList<string> folders, IndexOptions? options = null, IProgress<IndexProgress>? progress = null, IProgress<FailedFile>? failed = null, CancellationToken cancellationToken = default)
    {
        var roots = GalleryIndexer.Roots(folders);
        return await NamedAsync(async () =>
        {
            await _collection.EnsureCollectionExistsAsync(cancellationToken).ConfigureAwait(false);
            await foreach (var other in _collection.GetAsync(RecordFilter.OtherThan(_mark), 1, cancellationToken: cancellationToken).ConfigureAwait(false))
                throw new SearchException($"this collection has vectors of another model or manner ({other.Model}), and this one is {_model.Shown} ({_mark}). Vectors of two models cannot be compared: index into another collection.", _collection.Name);
            return await new IndexRun(new CollectionWriter(_collection, _mark, cancellationToken), _clip, options ?? new IndexOptions(), progress, failed, cancellationToken).RunAsync(roots).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>The best pictures for words, best first; those with the same score by path.</summary>
    /// <param name="words">A text, or a sum of texts with weights (<see cref="SearchQuery.ParseTexts"/>); no file is opened.</param>
    /// <param name="top">How many.</param>
    /// <param name="filter">What they must fulfil; null: anything.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="SearchException">The query is not understood, or the store refuses.</exception>
    public Task<IReadOnlyList<Match>> SearchAsync(string words, int top, SearchFilter? filter = null, CancellationToken cancellationToken = default) => SearchAsync(SearchQuery.ParseTexts(words), top, filter, cancellationToken);

    /// <summary>The best pictures for a query of texts and pictures, best first; those with the same score by path.</summary>
    /// <param name="query">What is looked for.</param>
    /// <param name="top">How many.</param>
    /// <param name="filter">What they must fulfil; null: anything.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="SearchException">The store refuses.</exception>
    /// <exception cref="ClipException">A text is too long, or a picture cannot be read.</exception>
    public async Task<IReadOnlyList<Match>> SearchAsync(SearchQuery query, int top, SearchFilter? filter = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var features = await Task.Run(() => query.Encode(_clip, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await SearchAsync(features, top, filter, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The best pictures for features, best first; those with the same score by path. How near to exact that is, is the store's index.</summary>
    /// <param name="query">Features [1, D] of a text or picture, of the collection's model; their length does not matter.</param>
    /// <param name="top">How many.</param>
    /// <param name="filter">What they must fulfil; null: anything. Times, sizes and latitudes are the store's to test; path, caption and distance are tested on what it gives.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="SearchException">The query is of another dimension, or the store refuses.</exception>
    public Task<IReadOnlyList<Match>> SearchAsync(Matrix query, int top, SearchFilter? filter = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (top < 1) throw new SearchException(FormattableString.Invariant($"the best {top} are asked for; it must be 1 or more."));
        if (query.Rows != 1 || query.Columns != _model.Dimension) throw new SearchException(FormattableString.Invariant($"the query is [{query.Rows}, {query.Columns}]; one of {_model.Shown} is [1, {_model.Dimension}]."), _collection.Name);
        return NamedAsync(() => BestAsync(query.Normalized().Row(0).ToArray(), top, filter ?? SearchFilter.None, cancellationToken));
    }

    // Stores give scores of their own kinds; the vectors that come with them give cosines. Of equal ones the first paths count, so more are taken until the last is worse than the last that is wanted.
    private async Task<IReadOnlyList<Match>> BestAsync(ReadOnlyMemory<float> query, int top, SearchFilter filter, CancellationToken cancellation)
    {
        const float Same = 1e-6f;
        var options = new VectorSearchOptions<PictureRecord> { Filter = RecordFilter.Of(_mark, filter), IncludeVectors = true };
        for (var count = top + Beyond; ; count = checked(count * 4))
        {
            var (matches, given, worst) = (new List<Match>(), 0, float.MaxValue);
            await foreach (var found in _collection.SearchAsync(query, count, options, cancellation).ConfigureAwait(false))
            {
                var score = TensorPrimitives.Dot(query.Span, Vector(found.Record).Span);
                (given, worst) = (given + 1, Math.Min(worst, score));
                if (RecordFilter.Admits(filter, found.Record)) matches.Add(new Match(found.Record.Path, score, found.Record.ToFacts()));
            }
            matches.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : string.CompareOrdinal(a.File, b.File));
            var isEnough = matches.Count >= top && worst < matches[top - 1].Score - Same;
            if (isEnough || given < count) return matches[..Math.Min(top, matches.Count)];
        }
    }

    private ReadOnlyMemory<float> Vector(PictureRecord record) => record.Vector.Length == _model.Dimension ? record.Vector
        : throw new SearchException(FormattableString.Invariant($"the store gives a vector of {record.Vector.Length} values for {record.Path}; {_model.Dimension} were written. Make the collection with PictureRecord.Definition, and without an embedding generator for its vectors."), _collection.Name);

    private async Task<T> NamedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is VectorStoreException or NotSupportedException)
        {
            throw new SearchException($"the vector store refuses: {(e.InnerException ?? e).Message.TrimEnd('.')}. What was written is kept, and the same call goes on there.", _collection.Name, e);
        }
    }
}
