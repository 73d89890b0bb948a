using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <content>Another model: its vectors grow beside those that answer, as a generation of their own, until they are complete.</content>
internal sealed partial class EmbeddedWriter
{
    /// <inheritdoc/>
    public void Begin(GalleryModel model)
    {
        var (old, files) = (Generation, new List<string>());
        Generation = _database.Within(writes: true, () =>
        {
            var begun = _database.Rows("SELECT generation, fingerprint, manner FROM models WHERE active = 0", r => (Generation: r.GetInt64(0), Fingerprint: r.GetString(1), Manner: r.GetString(2)));
            foreach (var other in begun.Where(b => b.Fingerprint != model.Fingerprint || b.Manner != model.Manner)) files.AddRange(Drop(other.Generation));
            if (begun.FirstOrDefault(b => b.Fingerprint == model.Fingerprint && b.Manner == model.Manner) is { Generation: > 0 } same) return same.Generation;
            _database.Do("INSERT INTO models(name, fingerprint, manner, dimension, source, active) VALUES(@0, @1, @2, @3, @4, 0)", model.Name, model.Fingerprint, model.Manner, model.Dimension, model.Source);
            return _database.Number("SELECT last_insert_rowid()");
        });
        foreach (var f in files) Remove(Path.Combine(_vectors, f));
        if (Generation != old) Close();
        Model = model;
    }

    /// <inheritdoc/>
    public IReadOnlyList<(UInt128 Hash, IReadOnlyList<string> Paths)> Missing() => [.. _database.Rows("""
        SELECT c.hash, f.path FROM contents c JOIN files f ON f.content = c.id
        WHERE NOT EXISTS(SELECT 1 FROM vectors v JOIN segments s ON s.id = v.segment WHERE v.content = c.id AND s.generation = @0) ORDER BY c.id, f.path
        """, r => (Hash: Hashes.Of((byte[])r[0]), Path: r.GetString(1)), Generation).GroupBy(m => m.Hash).Select(g => (g.Key, (IReadOnlyList<string>)[.. g.Select(m => m.Path)]))];

    /// <inheritdoc/>
    public void Switch()
    {
        var files = _database.Within(writes: true, () =>
        {
            const string Without = "NOT EXISTS(SELECT 1 FROM vectors v JOIN segments s ON s.id = v.segment WHERE v.content = c.id AND s.generation = @0)";
            _database.Do($"UPDATE files SET modified = 0, content = NULL, failure = 'it could not be read when the model was changed.' WHERE content IN (SELECT c.id FROM contents c WHERE {Without})", Generation);
            var old = _database.Rows("SELECT generation FROM models WHERE generation <> @0", r => r.GetInt64(0), Generation);
            var dropped = old.SelectMany(Drop).ToList();
            _database.Do($"DELETE FROM contents WHERE id IN (SELECT c.id FROM contents c WHERE {Without})", Generation);
            _database.Do("UPDATE models SET active = 1 WHERE generation = @0", Generation);
            _options.At("switch");
            return dropped;
        });
        _options.At("unlink");
        foreach (var f in files) Remove(Path.Combine(_vectors, f));
    }

    // Its rows of the tables; gives the names of its files.
    private List<string> Drop(long generation)
    {
        var files = _database.Rows("SELECT id FROM segments WHERE generation = @0", r => SegmentLayout.NameOf(r.GetInt64(0)), generation);
        _database.Do("DELETE FROM vectors WHERE segment IN (SELECT id FROM segments WHERE generation = @0)", generation);
        _database.Do("DELETE FROM segments WHERE generation = @0", generation);
        _database.Do("DELETE FROM graphs WHERE generation = @0", generation);
        _database.Do("DELETE FROM models WHERE generation = @0", generation);
        return files;
    }

    private void Close()
    {
        _open?.Dispose();
        _open = null;
    }
}
