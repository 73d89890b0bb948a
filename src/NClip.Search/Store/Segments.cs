using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <summary>A segment as the facts have it.</summary>
internal sealed record Segment(SegmentLayout Layout, int Rows, bool IsSealed, byte[]? Dead);

/// <summary>The segments of a gallery: rows of the table, and the files that lie in its folder <c>vectors</c>.</summary>
internal static class Segments
{
    /// <summary>Where their files lie.</summary>
    public static string Folder(string gallery) => Path.Combine(gallery, "vectors");

    /// <summary>Those of a generation, oldest first.</summary>
    public static List<Segment> Of(Database database, long generation, int dimension) => database.Rows(
        "SELECT id, capacity, kind, rows, sealed, dead FROM segments WHERE generation = @0 ORDER BY id",
        r => new Segment(new SegmentLayout(r.GetInt64(0), dimension, r.GetInt32(1), (VectorStorage)r.GetInt32(2)), r.GetInt32(3), r.GetInt32(4) != 0, r.IsDBNull(5) ? null : (byte[])r[5]), generation);

    /// <summary>The model whose vectors answer, and its generation.</summary>
    public static (long Generation, GalleryModel Model)? Active(Database database) => database.Rows<(long, GalleryModel)?>(
        "SELECT generation, name, fingerprint, manner, dimension, source FROM models WHERE active = 1",
        r => (r.GetInt64(0), new GalleryModel(r.IsDBNull(1) ? null : r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.IsDBNull(5) ? null : r.GetString(5)))).FirstOrDefault();
}
