using Microsoft.Extensions.VectorData;
using NClip.Search.Store;

namespace NClip.Search.VectorData;

/// <summary>
/// A collection of a vector store as an index run writes to it. A store has no transactions over several records: each record is whole or not there, and has all that is needed to know
/// whether its file is in, so a run that is stopped anywhere is gone on with by the next. A broken file has no record.
/// </summary>
internal sealed class CollectionWriter(VectorStoreCollection<Guid, PictureRecord> collection, string model, CancellationToken cancellation) : IPictureWriter
{
    private const int Page = 1000, AtATime = 100; // records that are asked for, and sent, at once: stores bound both

    private readonly Dictionary<Guid, UInt128> _contents = [];
    private readonly Dictionary<UInt128, Guid> _holders = []; // a record that has the content
    private readonly Dictionary<UInt128, PictureRecord> _spare = []; // contents whose record has become another's; a file may have them under a new name

    /// <inheritdoc/>
    public Dictionary<string, StoredFile> Files() => Wait(FilesAsync);

    /// <inheritdoc/>
    public HashSet<UInt128> Contents() => [.. _holders.Keys];

    /// <inheritdoc/>
    public void AddRoot(string path)
    {
        // The records' paths say which folders they are from.
    }

    /// <inheritdoc/>
    public void Commit(GalleryChanges changes) => Wait(async () =>
    {
        await CommitAsync(changes).ConfigureAwait(false);
        return 0;
    });

    private async Task<Dictionary<string, StoredFile>> FilesAsync()
    {
        var files = new Dictionary<string, StoredFile>(StringComparer.Ordinal);
        for (int skip = 0, before = -1; files.Count > before;) // until a page brings nothing new: a store may give fewer than are asked for
        {
            before = files.Count;
            await foreach (var r in collection.GetAsync(RecordFilter.Of(model, SearchFilter.None), Page, new() { Skip = skip }, cancellation).ConfigureAwait(false))
            {
                skip++;
                files[r.Path] = r.ToFile();
                _contents[r.Key] = r.Hash;
                _holders[r.Hash] = r.Key;
            }
        }
        return files;
    }

    private async Task CommitAsync(GalleryChanges changes)
    {
        var files = new Dictionary<Guid, StoredFile>(); // the last word on each
        foreach (var f in changes.Files) files[PictureRecord.KeyOf(f.Path)] = f;
        var made = changes.Contents.ToDictionary(c => c.Hash);
        await SpareAsync(files, made).ConfigureAwait(false);
        PictureRecord[] records = [.. files.Values.Where(f => f.Content is not null).Select(f => made.TryGetValue(f.Content!.Value, out var c)
            ? PictureRecord.Of(f, c.Facts, c.Vector, model)
            : PictureRecord.Of(f, _spare[f.Content.Value].ToFacts(), _spare[f.Content.Value].Vector, model))];
        foreach (var some in records.Chunk(AtATime)) await collection.UpsertAsync(some, cancellation).ConfigureAwait(false);
        Guid[] gone = [.. files.Where(f => f.Value.Content is null).Select(f => f.Key).Concat(changes.Removed.Select(PictureRecord.KeyOf)).Where(_contents.ContainsKey)];
        foreach (var some in gone.Chunk(AtATime)) await collection.DeleteAsync(some, cancellation).ConfigureAwait(false);
        foreach (var key in gone) Forget(key);
        foreach (var r in records)
        {
            Forget(r.Key);
            _contents[r.Key] = r.Hash;
            _holders[r.Hash] = r.Key;
        }
        foreach (var held in _spare.Keys.Where(_holders.ContainsKey).ToArray()) _spare.Remove(held);
    }

    // What the files of these changes have and had: the vectors of known contents, and of those whose record is about to be written over.
    private async Task SpareAsync(Dictionary<Guid, StoredFile> files, Dictionary<UInt128, NewContent> made)
    {
        var had = files.Where(f => _contents.TryGetValue(f.Key, out var old) && old != f.Value.Content).Select(f => _contents[f.Key]);
        UInt128[] known = [.. files.Values.Select(f => f.Content).OfType<UInt128>().Where(c => !made.ContainsKey(c)).Distinct()];
        Guid[] wanted = [.. known.Concat(had).Distinct().Where(c => _holders.ContainsKey(c) && !made.ContainsKey(c) && !_spare.ContainsKey(c)).Select(c => _holders[c])];
        foreach (var some in wanted.Chunk(AtATime))
            await foreach (var r in collection.GetAsync(some, new RecordRetrievalOptions { IncludeVectors = true }, cancellation).ConfigureAwait(false)) _spare[r.Hash] = r;
        if (!known.All(_spare.ContainsKey))
            throw new SearchException("another program has removed or changed pictures meanwhile that this run needs. Run the same again.", collection.Name);
    }

    private void Forget(Guid key)
    {
        if (_contents.Remove(key, out var content) && _holders.GetValueOrDefault(content) == key) _holders.Remove(content);
    }

    // On the pool, so that a caller's synchronization context cannot deadlock.
    private static T Wait<T>(Func<Task<T>> work) => Task.Run(work).GetAwaiter().GetResult();
}
