using Npgsql;
using NpgsqlTypes;

namespace NClip.Search.Store.Postgres;

/// <summary>
/// A writer of a gallery in PostgreSQL; there may be several. A commit is one transaction: rows of the files are deleted and copied anew, so whoever does the same twice
/// doubles nothing. A content whose last file becomes another stays aside until the end of the run, for a file that has it under a new name.
/// </summary>
internal sealed partial class PostgresWriter : IGalleryWriter
{
    private const int ManyPictures = 10_000, Longest = 2000; // from where an index is worth its time; values of a vector that an index takes, twice as many of float16

    private readonly PostgresSession _session;
    private VectorStorage _storage;

    /// <param name="address">The database.</param>
    /// <param name="storage">How a new gallery keeps vectors.</param>
    /// <exception cref="SearchException">The server cannot be reached, or lacks something.</exception>
    public PostgresWriter(PostgresAddress address, VectorStorage storage)
    {
        if (storage == VectorStorage.Int8) throw new SearchException("a gallery in PostgreSQL keeps vectors as f32 or f16. Leave --vectors out, or say --vectors f16.", address.Name);
        (_session, _storage) = (new PostgresSession(address), storage);
        try
        {
            PostgresSchema.Make(_session);
            if (PostgresSchema.Model(_session) is var (model, kept)) (Model, _storage) = (model, kept);
            Enter();
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public GalleryModel? Model { get; private set; }

    /// <inheritdoc/>
    public void SetModel(GalleryModel model)
    {
        PostgresSchema.Make(_session, model, _storage);
        (Model, _storage) = PostgresSchema.Model(_session)!.Value;
        if (Model.Differs(model) is { } difference) throw new SearchException($"another writer has just begun this gallery: {difference} Use one model.", _session.Gallery.Name);
    }

    /// <inheritdoc/>
    public void NoteSource(string? source)
    {
        if (source is null || source == Model?.Source) return;
        _session.Write(c => c.Do("UPDATE nclip_gallery SET source = $1", source));
        Model = Model! with { Source = source };
    }

    /// <inheritdoc/>
    public void Begin(GalleryModel model) => throw new SearchException("--reembed is for galleries in folders. Index into another database, or another schema of this one (Search Path=... in the connection string), and drop this one when that is done.", _session.Gallery.Name);

    /// <inheritdoc/>
    public IReadOnlyList<(UInt128 Hash, IReadOnlyList<string> Paths)> Missing() => [];

    /// <inheritdoc/>
    public void Switch()
    {
        // There is one generation: Begin is refused.
    }

    /// <inheritdoc/>
    public Dictionary<string, StoredFile> Files() => Files("").ToDictionary(f => f.Path, StringComparer.Ordinal);

    /// <inheritdoc/>
    public HashSet<UInt128> Contents() => [.. _session.Read(c => c.Rows("SELECT DISTINCT content FROM nclip_pictures WHERE content IS NOT NULL", r => PostgresRows.Hash(r.GetGuid(0))).Concat(c.Rows("SELECT content FROM nclip_spare", r => PostgresRows.Hash(r.GetGuid(0)))).ToArray())];

    /// <inheritdoc/>
    public int LimitsOf => _session.Read(c => c.One("SELECT limits_of FROM nclip_gallery") is int n ? n : 0);

    /// <inheritdoc/>
    public void SetLimits((double Text, double Picture) limits, int pictures) => _session.Write(c => c.Do("UPDATE nclip_gallery SET text_limit = $1, picture_limit = $2, limits_of = $3", limits.Text, limits.Picture, pictures));

    /// <inheritdoc/>
    public void AddRoot(string path) => _session.Write(c => c.Do("INSERT INTO nclip_roots(path) VALUES($1) ON CONFLICT DO NOTHING", path));

    /// <inheritdoc/>
    public Matrix Sample(int count)
    {
        // The ids are hashes: in their order every beginning is a fair sample.
        var vectors = _session.Read(c => c.Rows(FormattableString.Invariant($"SELECT {PostgresStore.Send(_storage)} FROM nclip_pictures WHERE v IS NOT NULL ORDER BY id LIMIT {count}"), r => PostgresStore.Vector(r, 0, Model!.Dimension, _storage)));
        return new Matrix(vectors.Count, Model!.Dimension, [.. vectors.SelectMany(v => v)]);
    }

    /// <inheritdoc/>
    public void Sweep() => _session.Write(c => IsAlone(c) ? c.Do("DELETE FROM nclip_spare") : 0);

    /// <inheritdoc/>
    public void Connect(bool? wanted, CancellationToken cancellation)
    {
        if (wanted == false || Model is null || Model.Dimension > Longest * (_storage == VectorStorage.Float16 ? 2 : 1)) return;
        _session.Write(c =>
        {
            if (c.One("SELECT to_regclass('nclip_pictures_near')::text") is not null) return 0;
            if (wanted != true && c.One("SELECT count(*) FROM nclip_pictures WHERE v IS NOT NULL") is not >= (long)ManyPictures) return 0;
            c.Do(PostgresSchema.Lock);
            return c.Do($"CREATE INDEX IF NOT EXISTS nclip_pictures_near ON nclip_pictures USING hnsw (v {PostgresVectors.Type(_storage)}_ip_ops)");
        });
    }

    /// <inheritdoc/>
    public void Commit(GalleryChanges changes)
    {
        if (changes.Count == 0) return;
        var files = new Dictionary<Guid, StoredFile>(); // the last word on each
        foreach (var f in changes.Files) files[PostgresRows.Id(f.Path)] = f;
        var contents = new Dictionary<UInt128, (PictureFacts Facts, byte[] Vector)>();
        foreach (var n in changes.Contents) contents[n.Hash] = (n.Facts, PostgresVectors.Bytes(n.Vector.Span, _storage));
        _session.Write(c =>
        {
            Guid[] known = [.. files.Values.Select(f => f.Content).OfType<UInt128>().Where(h => !contents.ContainsKey(h)).Distinct().Select(PostgresRows.Key)];
            var had = known.Length == 0 ? [] : Known(c, known);
            var replaced = files.Count == 0 ? [] : c.Rows($"DELETE FROM nclip_pictures WHERE id = ANY($1) RETURNING content, {PostgresRows.Columns}, {PostgresStore.Send(_storage)}", r => r.IsDBNull(0) ? null : Row(r), files.Keys.ToArray());
            PutAside(c, [.. replaced.OfType<(Guid Content, PictureFacts Facts, byte[] Vector)?>().Select(r => r!.Value)]);
            foreach (var gone in changes.Removed.Chunk(4096)) c.Do("DELETE FROM nclip_pictures WHERE id = ANY($1)", gone.Select(PostgresRows.Id).ToArray());
            Copy(c, files, contents, had);
            return 0;
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Leave();
        _session.Dispose();
    }

    private List<StoredFile> Files(string where, params object?[] values) => Model is null ? [] : _session.Read(c => c.Rows($"SELECT path, size, modified, content, failure, sidecar, caption FROM nclip_pictures {where}", r => new StoredFile(
        r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.IsDBNull(3) ? null : PostgresRows.Hash(r.GetGuid(3)), r.Text(4), r.GetInt64(5), r.Text(6)), values));

    private static (Guid Content, PictureFacts Facts, byte[] Vector)? Row(NpgsqlDataReader r) => (r.GetGuid(0), r.Facts(1), r.GetFieldValue<byte[]>(8));

    private Dictionary<UInt128, (PictureFacts Facts, byte[] Vector)> Known(PostgresCalls c, Guid[] contents)
    {
        var found = new Dictionary<UInt128, (PictureFacts, byte[])>();
        foreach (var table in (string[])["nclip_pictures", "nclip_spare"])
            foreach (var row in c.Rows($"SELECT content, {PostgresRows.Columns}, {PostgresStore.Send(_storage)} FROM {table} WHERE content = ANY($1)", Row, contents))
                found[PostgresRows.Hash(row!.Value.Content)] = (row.Value.Facts, row.Value.Vector);
        return found.Count == contents.Length ? found : throw new SearchException("another run has dropped pictures meanwhile that this one needs under new names. Run the same command again.", _session.Gallery.Name);
    }

    private static void PutAside(PostgresCalls c, (Guid Content, PictureFacts Facts, byte[] Vector)[] rows)
    {
        if (rows.Length == 0) return;
        c.Do("DELETE FROM nclip_spare WHERE content = ANY($1)", rows.Select(r => r.Content).Distinct().ToArray());
        using var to = c.Copy($"nclip_spare(content, {PostgresRows.Columns}, v)");
        foreach (var row in rows.DistinctBy(r => r.Content))
        {
            to.StartRow();
            to.Write(row.Content, NpgsqlDbType.Uuid);
            to.Facts(row.Facts);
            to.Write(row.Vector, NpgsqlDbType.Bytea);
        }
        to.Complete();
    }

    private static void Copy(PostgresCalls c, Dictionary<Guid, StoredFile> files, Dictionary<UInt128, (PictureFacts Facts, byte[] Vector)> contents, Dictionary<UInt128, (PictureFacts Facts, byte[] Vector)> had)
    {
        if (files.Count == 0) return;
        using var to = c.Copy($"nclip_pictures(id, path, folded, part, size, modified, sidecar, caption, caption_folded, content, failure, {PostgresRows.Columns}, v)");
        foreach (var (id, f) in files)
        {
            to.StartRow();
            to.Write(id, NpgsqlDbType.Uuid);
            to.String(f.Path);
            to.String(PostgresRows.Folded(f.Path));
            to.Number(PostgresRows.Part(f.Path));
            foreach (var n in (long[])[f.Size, f.Modified, f.Sidecar]) to.Write(n, NpgsqlDbType.Bigint);
            to.String(f.Caption);
            to.String(f.Caption is null ? null : PostgresRows.Folded(f.Caption));
            var (facts, vector) = f.Content is not { } hash ? (new PictureFacts(), null) : contents.TryGetValue(hash, out var now) ? now : had[hash];
            if (f.Content is { } content) to.Write(PostgresRows.Key(content), NpgsqlDbType.Uuid);
            else to.WriteNull();
            to.String(f.Failure);
            to.Facts(facts);
            if (vector is null) to.WriteNull();
            else to.Write(vector, NpgsqlDbType.Bytea);
        }
        to.Complete();
    }
}
