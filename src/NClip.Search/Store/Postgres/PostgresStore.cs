using System.Numerics.Tensors;
using Npgsql;

namespace NClip.Search.Store.Postgres;

/// <summary>A gallery in PostgreSQL, on one server or distributed over the workers of a cluster. One statement a query; the best of it are scored by their vectors, as the embedded store scores them.</summary>
internal sealed class PostgresStore : IGalleryStore
{
    private const int LeastLooks = 128, MostLooks = 1000; // nodes of the index that a search holds (hnsw.ef_search)

    private readonly PostgresSession _session;

    private PostgresStore(PostgresSession session) => _session = session;

    /// <inheritdoc/>
    public string Name => _session.Gallery.Name;

    /// <inheritdoc/>
    public GalleryModel? Model => PostgresSchema.Model(_session)?.Model;

    /// <inheritdoc/>
    public int Count => Within((c, _, _) => c.One("SELECT count(*) FROM nclip_pictures WHERE failure IS NULL") is long n ? checked((int)n) : 0);

    /// <inheritdoc/>
    public IReadOnlyList<string> Roots => _session.Read(c => c.Rows("SELECT path FROM nclip_roots ORDER BY path", r => r.GetString(0)));

    /// <inheritdoc/>
    public (double Text, double Picture)? Limits => _session.Read(c => c.Rows<(double, double)?>("SELECT text_limit, picture_limit FROM nclip_gallery WHERE text_limit IS NOT NULL", r => (r.GetDouble(0), r.GetDouble(1))).FirstOrDefault());

    /// <summary>Whether there is a gallery.</summary>
    public static bool Is(PostgresAddress address)
    {
        using var session = new PostgresSession(address);
        return PostgresSchema.Exists(session);
    }

    /// <summary>Opens a gallery for reading.</summary>
    /// <exception cref="SearchException">There is none, or the server cannot be reached.</exception>
    public static PostgresStore Open(PostgresAddress address)
    {
        var session = new PostgresSession(address);
        try
        {
            return PostgresSchema.Exists(session) ? new PostgresStore(session)
                : throw new SearchException("there is no gallery in this database. Make one with nclip index FOLDER --into \"Host=...;Database=...\".", address.Name);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoredFile> Failures() => Within((c, _, _) => c.Rows("SELECT path, size, modified, failure FROM nclip_pictures WHERE failure IS NOT NULL", r => new StoredFile(r.GetString(0), r.GetInt64(1), r.GetInt64(2), null, r.GetString(3)))
        .OrderBy(f => f.Path, StringComparer.Ordinal).ToArray()) ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<Match>> Search(Matrix queries, int top, SearchFilter filter, bool exact, CancellationToken cancellation) => Within((c, model, storage) =>
    {
        if (model.Dimension != queries.Columns) throw new SearchException(FormattableString.Invariant($"the query has {queries.Columns} values; vectors of this gallery's model {model.Shown} have {model.Dimension}."), Name);
        var where = PostgresFilter.Of(filter);
        if (PostgresSchema.IsDistributed(c)) c.Do("SET LOCAL citus.propagate_set_commands TO 'local'"); // what follows holds on the workers too
        var answers = new IReadOnlyList<Match>[queries.Rows];
        for (var q = 0; q < answers.Length; q++)
        {
            cancellation.ThrowIfCancellationRequested();
            answers[q] = Best(c, queries.Row(q), top, where, exact, storage);
        }
        return answers;
    }) ?? [.. Enumerable.Repeat((IReadOnlyList<Match>)[], queries.Rows)];

    /// <inheritdoc/>
    public IReadOnlyList<GalleryPicture> Pictures(CancellationToken cancellation) => Within((c, _, _) =>
        c.Rows($"SELECT path, size, caption, {PostgresRows.Columns} FROM nclip_pictures WHERE v IS NOT NULL", r => new GalleryPicture(r.GetString(0), r.GetInt64(1), r.Facts(3) with { Caption = r.Text(2) }))
            .OrderBy(p => p.File, StringComparer.Ordinal).ToArray()) ?? [];

    /// <inheritdoc/>
    public GalleryContents All(CancellationToken cancellation) => Within((c, model, storage) =>
    {
        var (rowOf, values) = (new Dictionary<Guid, int>(), new List<float[]>());
        var pictures = c.Rows($"SELECT path, size, caption, content, vector_bytes, {PostgresRows.Columns} FROM (SELECT *, {Send(storage)} AS vector_bytes FROM nclip_pictures WHERE v IS NOT NULL) AS p ORDER BY id", r =>
        {
            cancellation.ThrowIfCancellationRequested();
            var content = r.GetGuid(3);
            if (!rowOf.TryGetValue(content, out var row))
            {
                rowOf.Add(content, row = values.Count);
                values.Add(Vector(r, 4, model.Dimension, storage));
            }
            return new StoredPicture(r.GetString(0), r.GetInt64(1), r.Facts(5) with { Caption = r.Text(2) }, row);
        });
        return new GalleryContents([.. pictures.OrderBy(p => p.Path, StringComparer.Ordinal)], new Matrix(values.Count, model.Dimension, [.. values.SelectMany(v => v)]));
    }) ?? new GalleryContents([], new Matrix(0, 0, []));

    /// <inheritdoc/>
    public void Verify(CancellationToken cancellation) => Within((c, _, _) =>
        c.One("SELECT count(*) FROM nclip_pictures WHERE v IS NOT NULL AND (abs((v <#> v) + 1) < 0.01) IS NOT TRUE") is long and > 0 and var odd
            ? throw new SearchException(FormattableString.Invariant($"{odd} vectors of this gallery do not have the length 1: something else has written them. Index into a new gallery."), Name) : 0);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    /// <summary>A column that has the vector's bytes.</summary>
    public static string Send(VectorStorage storage) => $"{PostgresVectors.Type(storage)}_send(v)";

    /// <summary>The vector of such a column.</summary>
    public static float[] Vector(NpgsqlDataReader r, int i, int dimension, VectorStorage storage)
    {
        var vector = new float[dimension];
        PostgresVectors.Read(r.GetFieldValue<byte[]>(i), storage, vector);
        return vector;
    }

    private T? Within<T>(Func<PostgresCalls, GalleryModel, VectorStorage, T> work)
        => _session.Read(c => PostgresSchema.Model(c, _session.Gallery) is var (model, storage) ? work(c, model, storage) : default);

    // Of equal scores the first paths count, so more are taken until the last one is worse than the last that is wanted.
    private static Match[] Best(PostgresCalls c, ReadOnlySpan<float> query, int top, PostgresFilter filter, bool exact, VectorStorage storage)
    {
        const float Same = 1e-6f; // the server's sums differ in the last bits from those that count
        var (vector, text) = (query.ToArray(), PostgresVectors.Text(query));
        for (long count = top + 16; ; count *= 4)
        {
            c.Do(FormattableString.Invariant($"SET LOCAL hnsw.ef_search = {Math.Clamp(2 * count, LeastLooks, MostLooks)}"));
            c.Do("SET LOCAL hnsw.iterative_scan = relaxed_order");
            c.Do($"SET LOCAL enable_indexscan = {(exact ? "off" : "on")}");
            var found = c.Rows(FormattableString.Invariant($"SELECT path, {Send(storage)}, caption, {PostgresRows.Columns} FROM nclip_pictures WHERE {filter.Where} ORDER BY v <#> '{text}'::{PostgresVectors.Type(storage)} LIMIT {count}"),
                r => new Match(r.GetString(0), TensorPrimitives.Dot(vector, Vector(r, 1, vector.Length, storage)), r.Facts(3) with { Caption = r.Text(2) }), filter.Values);
            Match[] best = [.. found.OrderByDescending(m => m.Score).ThenBy(m => m.File, StringComparer.Ordinal)];
            if (best.Length < count && !exact)
            {
                exact = true; // the index gives up where few of what it meets fulfil the filter
                count = (top + 16) / 4;
                continue;
            }
            if (best.Length < count || best[^1].Score < best[top - 1].Score - Same) return best[..Math.Min(top, best.Length)];
        }
    }
}
