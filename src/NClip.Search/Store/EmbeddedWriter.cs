using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <summary>
/// The writer of an embedded gallery. A commit first appends vectors behind the committed rows of a segment and waits until they are on the disk, then one SQLite
/// transaction makes them count together with the facts. Whatever ends the process before leaves bytes that nobody refers to.
/// </summary>
internal sealed partial class EmbeddedWriter : IGalleryWriter
{
    private readonly string _folder, _vectors;
    private readonly IDisposable _lock;
    private readonly Database _database;
    private readonly StoreOptions _options;
    private SegmentWriter? _open; // the segment that takes the next rows

    /// <param name="folder">The gallery; it is made where it is not there.</param>
    /// <param name="options">How it is written; null for the defaults.</param>
    /// <exception cref="SearchException">Another process writes, or the gallery cannot be used.</exception>
    public EmbeddedWriter(string folder, StoreOptions? options = null)
    {
        (_folder, _vectors, _options) = (folder, Segments.Folder(folder), options ?? new StoreOptions());
        try { Directory.CreateDirectory(_vectors); }
        catch (Exception e) when (Foundation.FileRefusal.Is(e)) { throw new SearchException($"this gallery cannot be made: {Foundation.FileRefusal.Why(e)}", folder, e); }
        _lock = WriterLock.Take(folder);
        try
        {
            _options.At("open");
            if (!Database.Is(folder)) Database.Make(folder, _options.At);
            _options.At("made");
            _database = Database.Open(folder);
            if (Segments.Active(_database) is { } active) (Generation, Model) = active;
            Discard();
        }
        catch
        {
            _database?.Dispose();
            _lock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public GalleryModel? Model { get; private set; }

    private long Generation { get; set; }

    /// <inheritdoc/>
    public void SetModel(GalleryModel model) => _database.Within(writes: true, () =>
    {
        _database.Do("INSERT INTO models(name, fingerprint, manner, dimension, source, active) VALUES(@0, @1, @2, @3, @4, 1)", model.Name, model.Fingerprint, model.Manner, model.Dimension, model.Source);
        Generation = _database.Number("SELECT last_insert_rowid()");
        return Model = model;
    });

    /// <inheritdoc/>
    public void NoteSource(string? source)
    {
        if (source is null || source == Model?.Source) return;
        _database.Do("UPDATE models SET source = @1 WHERE generation = @0", Generation, source);
        Model = Model! with { Source = source };
    }

    /// <inheritdoc/>
    public Dictionary<string, StoredFile> Files()
    {
        var files = _database.Rows("SELECT f.path, f.size, f.modified, c.hash, f.failure, f.sidecar, f.caption FROM files f LEFT JOIN contents c ON c.id = f.content", r => new StoredFile(
            r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.IsDBNull(3) ? null : Hashes.Of((byte[])r[3]), r.IsDBNull(4) ? null : r.GetString(4), r.GetInt64(5), r.IsDBNull(6) ? null : r.GetString(6)));
        var byPath = new Dictionary<string, StoredFile>(files.Count, StringComparer.Ordinal);
        foreach (var f in files) byPath.Add(f.Path, f);
        return byPath;
    }

    /// <inheritdoc/>
    public HashSet<UInt128> Contents() => [.. _database.Rows("SELECT hash FROM contents", r => Hashes.Of((byte[])r[0]))];

    /// <inheritdoc/>
    public int LimitsOf => (int)_database.Number("SELECT limits_of FROM models WHERE generation = @0", Generation);

    /// <inheritdoc/>
    public void SetLimits((double Text, double Picture) limits, int pictures)
        => _database.Do("UPDATE models SET text_limit = @1, picture_limit = @2, limits_of = @3 WHERE generation = @0", Generation, limits.Text, limits.Picture, pictures);

    /// <inheritdoc/>
    public void AddRoot(string path) => _database.Do("INSERT OR IGNORE INTO roots(path) VALUES(@0)", path);

    /// <inheritdoc/>
    public void Commit(GalleryChanges changes)
    {
        if (changes.Count == 0) return;
        Guarded(() =>
        {
            var places = Append([.. changes.Contents.Select(c => c.Vector)]);
            _options.At("transaction");
            _database.Within(writes: true, () =>
            {
                Note(places);
                for (var i = 0; i < places.Count; i++) Insert(changes.Contents[i], places[i]);
                foreach (var f in changes.Files) Insert(f);
                foreach (var path in changes.Removed) _database.Do("DELETE FROM files WHERE path = @0", path);
                _options.At("commit");
                return 0;
            });
            _options.At("committed");
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open?.Dispose();
        _database.Dispose();
        _lock.Dispose();
    }

    // After an error the segment is opened anew where the tables say: what was appended does not count.
    private void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            Close();
            if (Foundation.FileRefusal.Is(e)) throw new SearchException($"{Foundation.FileRefusal.Why(e)} What was committed is kept, and the same command goes on there.", _folder, e);
            throw;
        }
    }

    private void Insert(NewContent content, Place place)
    {
        var f = content.Facts;
        _database.Do("""
            INSERT INTO contents(hash, width, height, taken, camera, latitude, longitude, orientation) VALUES(@0, @1, @2, @3, @4, @5, @6, @7)
            ON CONFLICT(hash) DO UPDATE SET width = @1, height = @2, taken = @3, camera = @4, latitude = @5, longitude = @6, orientation = @7
            """, Hashes.Bytes(content.Hash), f.Width, f.Height, f.Taken?.Ticks, f.Camera, f.Latitude, f.Longitude, f.Orientation);
        _database.Do("INSERT INTO vectors(segment, row, content) VALUES(@0, @1, (SELECT id FROM contents WHERE hash = @2))", place.Segment, place.Row, Hashes.Bytes(content.Hash));
    }

    private void Insert(StoredFile f) => _database.Do("""
        INSERT INTO files(path, size, modified, content, failure, sidecar, caption) VALUES(@0, @1, @2, (SELECT id FROM contents WHERE hash = @3), @4, @5, @6)
        ON CONFLICT(path) DO UPDATE SET size = @1, modified = @2, content = excluded.content, failure = @4, sidecar = @5, caption = @6
        """, f.Path, f.Size, f.Modified, f.Content is { } hash ? Hashes.Bytes(hash) : null, f.Failure, f.Sidecar, f.Caption);
}
