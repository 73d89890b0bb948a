using System.IO.Enumeration;
using NClip.Search.Vectors;

namespace NClip.Search.Store;

/// <summary>A filter as a question to the tables.</summary>
internal static class FilterSql
{
    /// <summary>Mean radius, km.</summary>
    public const double Earth = 6371.0088;

    /// <summary>The rows of each segment that fulfil it.</summary>
    public static Dictionary<long, RowMask> Rows(Database database, SearchFilter filter, IEnumerable<Segment> segments)
    {
        var masks = segments.ToDictionary(s => s.Layout.Id, s => (s.Rows, Mask: RowMask.None(s.Rows)));
        var found = database.Rows("""
            SELECT v.segment, v.row, c.latitude, c.longitude, f.path, f.caption FROM vectors v JOIN contents c ON c.id = v.content JOIN files f ON f.content = c.id
            WHERE (@0 IS NULL OR c.taken >= @0) AND (@1 IS NULL OR c.taken < @1) AND (@2 IS NULL OR (max(c.width, c.height) >= @2 AND min(c.width, c.height) >= @3))
              AND (@4 IS NULL OR c.latitude BETWEEN @4 AND @5)
            """,
            r => (Segment: r.GetInt64(0), Row: r.GetInt32(1), Place: r.IsDBNull(2) ? ((double, double)?)null : (r.GetDouble(2), r.GetDouble(3)), Path: r.GetString(4), Caption: r.IsDBNull(5) ? null : r.GetString(5)),
            filter.After?.Ticks, filter.Before?.Ticks, filter.MinSize?.Long, filter.MinSize?.Short, South(filter.Near), North(filter.Near));
        foreach (var f in found)
            if (Admits(filter, f.Path, f.Caption) && Admits(filter.Near, f.Place) && masks.TryGetValue(f.Segment, out var m) && f.Row < m.Rows) m.Mask.Add(f.Row);
        return masks.ToDictionary(m => m.Key, m => m.Value.Mask);
    }

    /// <summary>Whether a path and a caption are such as are wanted.</summary>
    public static bool Admits(SearchFilter filter, string path, string? caption)
        => Admits(filter, path) && Words(filter).All(w => caption?.Contains(w, StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>The words that a caption must have.</summary>
    public static string[] Words(SearchFilter filter) => filter.Caption?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static bool Admits(SearchFilter filter, string path)
        => filter.Path is not { } wanted
        || (wanted.AsSpan().ContainsAny('*', '?') ? FileSystemName.MatchesSimpleExpression(wanted, path, ignoreCase: true) : path.Contains(wanted, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a place is near enough.</summary>
    public static bool Admits(NearPlace? near, (double Latitude, double Longitude)? place)
        => near is null || (place is var (latitude, longitude) && Distance(near.Latitude, near.Longitude, latitude, longitude) <= near.Kilometres);

    /// <summary>Kilometres between two places on the globe (haversine).</summary>
    internal static double Distance(double latitude, double longitude, double otherLatitude, double otherLongitude)
    {
        var (a, b) = (double.DegreesToRadians(latitude), double.DegreesToRadians(otherLatitude));
        var (up, across) = (Math.Sin((b - a) / 2), Math.Sin(double.DegreesToRadians(otherLongitude - longitude) / 2));
        return 2 * Earth * Math.Asin(Math.Min(1, Math.Sqrt((up * up) + (Math.Cos(a) * Math.Cos(b) * across * across))));
    }

    /// <summary>The southernmost latitude that is near, or null.</summary>
    public static double? South(NearPlace? near) => near is null ? null : near.Latitude - double.RadiansToDegrees(near.Kilometres / Earth);

    /// <summary>The northernmost latitude that is near, or null.</summary>
    public static double? North(NearPlace? near) => near is null ? null : near.Latitude + double.RadiansToDegrees(near.Kilometres / Earth);
}
