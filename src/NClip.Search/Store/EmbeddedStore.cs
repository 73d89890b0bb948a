using Microsoft.Data.Sqlite;
using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <summary>
/// A gallery in a folder: facts in SQLite, vectors in segments that are mapped. A search sees the state of one transaction; a writer goes on meanwhile. What is asked of the
/// facts alone goes over a second connection, so that it does not wait for a search.
/// </summary>
internal sealed class EmbeddedStore : IGalleryStore
{
    private readonly Lock _gate = new(), _aside = new();
    private readonly Database _database, _facts;
    private readonly Dictionary<long, SegmentReader> _readers = [];
    private NearSearch? _near;

    private EmbeddedStore(string folder, Database database, Database facts) => (Name, _database, _facts) = (folder, database, facts);

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public GalleryModel? Model => Ask(() => Segments.Active(_facts)?.Model);

    /// <inheritdoc/>
    public int Count => Ask(() => (int)_facts.Number("SELECT count(*) FROM files WHERE failure IS NULL"));

    /// <inheritdoc/>
    public IReadOnlyList<string> Roots => Ask(() => _facts.Rows("SELECT path FROM roots", r => r.GetString(0)));

    /// <inheritdoc/>
    public (double Text, double Picture)? Limits => Ask(() => _facts.Rows<(double, double)?>("SELECT text_limit, picture_limit FROM models WHERE active = 1 AND text_limit IS NOT NULL", r => (r.GetDouble(0), r.GetDouble(1))).FirstOrDefault());

    /// <inheritdoc/>
    public long? Revision => Ask(() => _facts.Number("PRAGMA data_version"));

    /// <summary>Whether a folder is a gallery.</summary>
    public static bool Is(string folder) => Database.Is(folder);

    /// <summary>Opens a gallery for reading.</summary>
    /// <exception cref="SearchException">There is none, or it is damaged.</exception>
    public static EmbeddedStore Open(string folder)
        => Is(folder) ? new EmbeddedStore(folder, Database.Open(folder), Database.Open(folder))
        : throw new SearchException(Directory.Exists(folder) ? $"this folder is no gallery. Make one with nclip index {folder} --into gallery.nclip, then search that." : "there is no such gallery. Make one with nclip index FOLDER --into it.", folder);

    /// <inheritdoc/>
    public IReadOnlyList<StoredFile> Failures() => Ask(() => _facts.Rows(
        "SELECT path, size, modified, failure FROM files WHERE failure IS NOT NULL ORDER BY path",
        r => new StoredFile(r.GetString(0), r.GetInt64(1), r.GetInt64(2), null, r.GetString(3))));

    /// <inheritdoc/>
    public IReadOnlyList<GalleryPicture> Pictures(CancellationToken cancellation)
    {
        using var own = Database.Open(Name); // of 100,000 pictures the list takes a while, and nobody waits for it meanwhile
        return own.Within(writes: false, () => own.Rows("""
            SELECT f.path, c.width, c.height, c.taken, c.camera, c.latitude, c.longitude, c.orientation, f.caption, f.size FROM files f JOIN contents c ON c.id = f.content ORDER BY f.path
            """, r => new GalleryPicture(r.GetString(0), r.GetInt64(9), Facts(r))));
    }

    /// <inheritdoc/>
    public GalleryContents All(CancellationToken cancellation) => Read(() =>
    {
        if (Segments.Active(_database) is not var (generation, model)) return new GalleryContents([], new Matrix(0, 0, []));
        var readers = Rows(generation, model.Dimension, SearchFilter.None).ToDictionary(s => s.Reader.Layout.Id, s => s.Reader);
        var places = _database.Rows("SELECT v.segment, v.row, v.content FROM vectors v JOIN segments s ON s.id = v.segment WHERE s.generation = @0 ORDER BY v.segment, v.row", r => (Segment: r.GetInt64(0), Row: r.GetInt32(1), Content: r.GetInt64(2)), generation);
        var (values, rowOf) = (new float[Matrix.Length(places.Count, model.Dimension)], new Dictionary<long, int>(places.Count));
        foreach (var (i, p) in places.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            readers[p.Segment].Vector(p.Row, values.AsSpan(i * model.Dimension, model.Dimension));
            rowOf.Add(p.Content, i);
        }
        var pictures = _database.Rows("""
            SELECT f.path, c.width, c.height, c.taken, c.camera, c.latitude, c.longitude, c.orientation, f.caption, f.size, c.id FROM files f JOIN contents c ON c.id = f.content ORDER BY f.path
            """, r => new StoredPicture(r.GetString(0), r.GetInt64(9), Facts(r), rowOf[r.GetInt64(10)]));
        return new GalleryContents(pictures, new Matrix(places.Count, model.Dimension, values));
    });

    /// <summary>Looks at every checksum, and whether facts and vectors fit: each content has one living row, and no two the same.</summary>
    /// <exception cref="SearchException">Something is not as it was written.</exception>
    public void Verify(CancellationToken cancellation) => Read(() =>
    {
        if (Segments.Active(_database) is not var (generation, model)) return 0;
        var damage = _database.One("PRAGMA integrity_check(1)") as string;
        if (damage is not "ok") throw new SearchException($"the facts of this gallery ({Database.FileName}) are damaged: {damage}. Restore it from a copy, or index into a new gallery.", Name);
        foreach (var s in Rows(generation, model.Dimension, SearchFilter.None)) s.Reader.Verify(s.Rows, s.Rows == s.Reader.Layout.Capacity, cancellation);
        var living = Rows(generation, model.Dimension, SearchFilter.None).ToDictionary(s => s.Reader.Layout.Id, s => s.Mask ?? RowMask.Living(s.Rows, []));
        var places = _database.Rows("SELECT v.segment, v.row, v.content FROM vectors v JOIN segments s ON s.id = v.segment WHERE s.generation = @0", r => (Segment: r.GetInt64(0), Row: r.GetInt32(1), Content: r.GetInt64(2)), generation);
        var contents = _database.Number("SELECT count(*) FROM contents");
        if (places.Any(p => !living[p.Segment][p.Row]) || places.Count != contents || places.DistinctBy(p => p.Content).Count() != contents || living.Values.Sum(l => l.Count) != contents)
            throw new SearchException(FormattableString.Invariant($"facts and vectors do not fit: {contents} contents, {places.Count} places, {living.Values.Sum(l => l.Count)} living rows. Restore this gallery from a copy, or index into a new one."), Name);
        return 0;
    });

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<Match>> Search(Matrix queries, int top, SearchFilter filter, bool exact, CancellationToken cancellation) => Read(() =>
    {
        if (Segments.Active(_database) is not var (generation, model)) return Enumerable.Repeat((IReadOnlyList<Match>)[], queries.Rows).ToArray();
        if (model.Dimension != queries.Columns) throw new SearchException(FormattableString.Invariant($"the query has {queries.Columns} values; vectors of this gallery's model {model.Shown} have {model.Dimension}."), Name);
        var rows = Rows(generation, model.Dimension, filter);
        var all = rows.Sum(r => r.Mask?.Count ?? r.Rows);
        var near = exact || !filter.IsNone ? null : Near(generation, model.Dimension);
        var answers = new IReadOnlyList<Match>[queries.Rows];
        // A row stands for as many answers as files have its content, and for none where a run was stopped before it swept: then more rows are looked at.
        for (var count = Math.Min(all, top + 16); ; count = Math.Min(all, count * 4))
        {
            var hits = near?.Best(rows, queries, count, cancellation) ?? ExactScan.Best(rows, queries, count, cancellation);
            for (var q = 0; q < answers.Length; q++) answers[q] = Matches(hits[q], top, filter);
            if (count == all || answers.All(a => a.Count == top)) return answers;
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var r in _readers.Values) r.Dispose();
            _readers.Clear();
            _near?.Dispose();
            _database.Dispose();
        }
        lock (_aside) _facts.Dispose();
    }

    // One state of facts and segments. A segment that a compaction removed between the two is not in the next state.
    private T Read<T>(Func<T> work)
    {
        lock (_gate)
        {
            for (var again = 3; ; again--)
            {
                try { return _database.Within(writes: false, work); }
                catch (SearchException e) when (e.InnerException is FileNotFoundException && again > 0) { /* see above */ }
            }
        }
    }

    private T Ask<T>(Func<T> work)
    {
        lock (_aside) return _facts.Within(writes: false, work);
    }

    private List<SegmentRows> Rows(long generation, int dimension, SearchFilter filter)
    {
        var segments = Segments.Of(_database, generation, dimension);
        foreach (var gone in _readers.Keys.Except(segments.Select(s => s.Layout.Id)).ToArray())
        {
            _readers[gone].Dispose();
            _readers.Remove(gone);
        }
        var wanted = filter.IsNone ? null : FilterSql.Rows(_database, filter, segments);
        var rows = new List<SegmentRows>(segments.Count);
        foreach (var s in segments)
        {
            if (!_readers.TryGetValue(s.Layout.Id, out var reader)) _readers.Add(s.Layout.Id, reader = SegmentReader.Open(Segments.Folder(Name), s.Layout));
            var living = s.Dead is { } dead ? RowMask.Living(s.Rows, dead) : null;
            rows.Add(new SegmentRows(reader, s.Rows, wanted is null ? living : living is null ? wanted[s.Layout.Id] : living.And(wanted[s.Layout.Id])));
        }
        return rows;
    }

    // A graph that is damaged or gone is done without; the next index run makes it anew.
    private NearSearch? Near(long generation, int dimension)
    {
        var graph = NearGraph.Of(_database, generation);
        if (graph?.File == _near?.Graph.File) return _near;
        _near?.Dispose();
        _near = null;
        if (graph is null || !UsearchLibrary.IsThere || !graph.IsWhole(Name)) return null;
        try { return _near = new NearSearch(Name, graph, dimension); }
        catch (SearchException) { return null; /* see above */ }
    }

    private List<Match> Matches(IEnumerable<RowHit> hits, int top, SearchFilter filter)
    {
        var matches = new List<Match>(top);
        foreach (var hit in hits)
        {
            if (matches.Count >= top && hit.Score < matches[top - 1].Score) break;
            matches.AddRange(_database.Rows("""
                SELECT f.path, c.width, c.height, c.taken, c.camera, c.latitude, c.longitude, c.orientation, f.caption
                FROM vectors v JOIN contents c ON c.id = v.content JOIN files f ON f.content = c.id WHERE v.segment = @0 AND v.row = @1 ORDER BY f.path
                """, r => new Match(r.GetString(0), hit.Score, Facts(r)), hit.Segment, hit.Row).Where(m => FilterSql.Admits(filter, m.File, m.Facts.Caption)));
        }
        return [.. matches.OrderByDescending(m => m.Score).ThenBy(m => m.File, StringComparer.Ordinal).Take(top)];
    }

    private static PictureFacts Facts(SqliteDataReader r) => new(
        r.IsDBNull(1) ? null : r.GetInt32(1), r.IsDBNull(2) ? null : r.GetInt32(2), r.IsDBNull(3) ? null : new DateTime(r.GetInt64(3)), r.IsDBNull(4) ? null : r.GetString(4),
        r.IsDBNull(5) ? null : r.GetDouble(5), r.IsDBNull(6) ? null : r.GetDouble(6), r.GetInt32(7))
    { Caption = r.IsDBNull(8) ? null : r.GetString(8) };
}
