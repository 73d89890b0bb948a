using System.Globalization;
using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <content>Vectors: where they go, what is dropped, and what is laid together.</content>
internal sealed partial class EmbeddedWriter
{
    private const int FewDead = 64; // rows that are not worth a compaction

    /// <summary>Where a vector lies.</summary>
    private readonly record struct Place(long Segment, int Row, SegmentLayout Layout);

    /// <inheritdoc/>
    public void Sweep()
    {
        _database.Within(writes: true, () =>
        {
            var gone = _database.Rows("SELECT id FROM contents c WHERE NOT EXISTS(SELECT 1 FROM files f WHERE f.content = c.id)", r => r.GetInt64(0));
            foreach (var segment in gone.SelectMany(c => _database.Rows("SELECT segment, row FROM vectors WHERE content = @0", r => (Segment: r.GetInt64(0), Row: r.GetInt32(1)), c)).GroupBy(v => v.Segment))
                Bury(segment.Key, [.. segment.Select(v => v.Row)]);
            foreach (var c in gone)
            {
                _database.Do("DELETE FROM vectors WHERE content = @0", c);
                _database.Do("DELETE FROM contents WHERE id = @0", c);
            }
            _options.At("sweep");
            return 0;
        });
        _options.At("swept");
        Compact();
    }

    /// <inheritdoc/>
    public Matrix Sample(int count)
    {
        var places = _database.Rows("SELECT v.segment, v.row FROM vectors v JOIN segments s ON s.id = v.segment WHERE s.generation = @0 ORDER BY v.segment, v.row", r => (Segment: r.GetInt64(0), Row: r.GetInt32(1)), Generation);
        var rows = Math.Min(count, places.Count);
        var taken = Enumerable.Range(0, rows).Select(i => places[(int)((long)i * places.Count / rows)]).ToLookup(p => p.Segment, p => p.Row);
        var (values, at) = (new float[rows * Model!.Dimension], 0);
        foreach (var s in Segments.Of(_database, Generation, Model.Dimension).Where(s => taken.Contains(s.Layout.Id)))
        {
            using var reader = SegmentReader.Open(_vectors, s.Layout);
            foreach (var row in taken[s.Layout.Id]) reader.Vector(row, values.AsSpan(at++ * Model.Dimension, Model.Dimension));
        }
        return new Matrix(rows, Model.Dimension, values);
    }

    /// <summary>Appends vectors behind the committed rows, in a new segment where one is full, and waits until they are on the disk.</summary>
    private List<Place> Append(IReadOnlyList<ReadOnlyMemory<float>> vectors)
    {
        var places = new List<Place>(vectors.Count);
        for (var i = 0; i < vectors.Count;)
        {
            if (_open is null or { Free: 0 }) Next();
            var count = Math.Min(vectors.Count - i, _open!.Free);
            places.AddRange(Enumerable.Range(_open.Rows, count).Select(row => new Place(_open.Id, row, _open.Layout)));
            _options.At("append");
            _open.Append([.. vectors.Skip(i).Take(count)]);
            i += count;
            if (_open.Free == 0)
            {
                _options.At("seal");
                _open.Seal();
            }
            _options.At("flush");
            _open.Flush();
        }
        return places;
    }

    // The last segment of the tables if it has room, else a new one.
    private void Next()
    {
        if (_open is null && Segments.Of(_database, Generation, Model!.Dimension) is [.., { IsSealed: false } last]) _open = SegmentWriter.Continue(_vectors, last.Layout, last.Rows);
        else Create();
    }

    private void Create()
    {
        var id = 1 + Math.Max(_open?.Id ?? 0, _database.Number("SELECT seq FROM sqlite_sequence WHERE name = 'segments'"));
        var layout = new SegmentLayout(id, Model!.Dimension, _options.Capacity(Segments.Of(_database, Generation, Model.Dimension).Count), _options.Storage);
        Close();
        _options.At("create");
        _open = SegmentWriter.Create(_vectors, layout);
        DurableFolder.Flush(_vectors);
    }

    // Makes rows that were appended count.
    private void Note(List<Place> places)
    {
        foreach (var segment in places.GroupBy(p => p.Layout))
        {
            var rows = 1 + segment.Max(p => p.Row);
            _database.Do("""
                INSERT INTO segments(id, generation, capacity, kind, rows, sealed) VALUES(@0, @1, @2, @3, @4, @5)
                ON CONFLICT(id) DO UPDATE SET rows = @4, sealed = @5
                """, segment.Key.Id, Generation, segment.Key.Capacity, (int)segment.Key.Kind, rows, rows == segment.Key.Capacity ? 1 : 0);
        }
    }

    // Tombstones: a bit for each row that no picture has any more.
    private void Bury(long segment, int[] rows)
    {
        var (had, capacity) = _database.Rows("SELECT dead, capacity FROM segments WHERE id = @0", r => (r.IsDBNull(0) ? [] : (byte[])r[0], r.GetInt32(1)), segment)[0];
        var dead = new byte[(capacity + 7) / 8];
        had.CopyTo(dead, 0);
        foreach (var row in rows) dead[row / 8] |= (byte)(1 << (row % 8));
        _database.Do("UPDATE segments SET dead = @1 WHERE id = @0", segment, dead);
    }

    /// <summary>Moves the living rows of segments of which a quarter is dead behind the others, a segment at a time, and removes their files.</summary>
    private void Compact()
    {
        if (Model is null) return;
        foreach (var s in Segments.Of(_database, Generation, Model.Dimension))
        {
            var living = RowMask.Living(s.Rows, s.Dead);
            var dead = s.Rows - living.Count;
            if (dead < FewDead || dead < s.Rows / 4) continue;
            Guarded(() => Move(s, living));
        }
    }

    private void Move(Segment from, RowMask living)
    {
        if (_open?.Id == from.Layout.Id || (_open is null && !from.IsSealed)) Create();
        int[] rows = [.. Enumerable.Range(0, from.Rows).Where(r => living[r])];
        List<Place> places;
        using (var reader = SegmentReader.Open(_vectors, from.Layout))
        {
            places = Append([.. rows.Select(row =>
            {
                var vector = new float[from.Layout.Dimension];
                reader.Vector(row, vector);
                return (ReadOnlyMemory<float>)vector;
            })]);
        }
        _options.At("move");
        _database.Within(writes: true, () =>
        {
            Note(places);
            for (var i = 0; i < rows.Length; i++)
                _database.Do("UPDATE vectors SET segment = @2, row = @3 WHERE segment = @0 AND row = @1", from.Layout.Id, rows[i], places[i].Segment, places[i].Row);
            _database.Do("DELETE FROM segments WHERE id = @0", from.Layout.Id);
            _options.At("moved");
            return 0;
        });
        _options.At("unlink");
        Remove(Path.Combine(_vectors, from.Layout.FileName));
    }

    /// <summary>Files of segments that no table names: a writer that was stopped left them.</summary>
    private void Discard()
    {
        var known = _database.Rows("SELECT id FROM segments", r => SegmentLayout.NameOf(r.GetInt64(0))).ToHashSet(StringComparer.Ordinal);
        foreach (var f in Directory.EnumerateFiles(_vectors, "*.seg").Where(f => !known.Contains(Path.GetFileName(f)) && long.TryParse(Path.GetFileNameWithoutExtension(f), NumberStyles.None, CultureInfo.InvariantCulture, out _))) Remove(f);
    }

    // On Windows a reader that still maps it keeps it there; the next writer removes it.
    private static void Remove(string file) => Foundation.NewFile.Discard(file);
}
