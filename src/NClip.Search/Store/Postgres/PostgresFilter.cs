using System.Globalization;
using System.Text;

namespace NClip.Search.Store.Postgres;

/// <summary>A filter as a condition that each shard tests by itself; the same pictures as <see cref="FilterSql"/> lets through.</summary>
internal sealed class PostgresFilter
{
    private readonly StringBuilder _where = new("v IS NOT NULL");
    private readonly List<object?> _values = [];

    private PostgresFilter()
    {
    }

    /// <summary>The condition.</summary>
    public string Where => _where.ToString();

    /// <summary>Its values, $1, $2, ...</summary>
    public object?[] Values => [.. _values];

    /// <summary>Writes it.</summary>
    public static PostgresFilter Of(SearchFilter filter)
    {
        var f = new PostgresFilter();
        if (filter.After is { } after) f.And($"taken >= {f.Value(after.Ticks)}");
        if (filter.Before is { } before) f.And($"taken < {f.Value(before.Ticks)}");
        if (filter.MinSize is var (longer, shorter)) f.And($"greatest(width, height) >= {f.Value(longer)} AND least(width, height) >= {f.Value(shorter)}");
        if (filter.Path is { } path) f.And(path.AsSpan().ContainsAny('*', '?') ? $"folded LIKE {f.Value(Like(PostgresRows.Folded(path)))}" : $"strpos(folded, {f.Value(PostgresRows.Folded(path))}) > 0");
        foreach (var word in FilterSql.Words(filter)) f.And($"strpos(caption_folded, {f.Value(PostgresRows.Folded(word))}) > 0");
        if (filter.Near is { } near) f.Near(near);
        return f;
    }

    private void And(string condition) => _where.Append(" AND ").Append(condition);

    private string Value(object value)
    {
        _values.Add(value);
        return string.Create(CultureInfo.InvariantCulture, $"${_values.Count}");
    }

    private void Near(NearPlace near)
    {
        var (latitude, longitude) = (Value(near.Latitude), Value(near.Longitude));
        And($"latitude BETWEEN {Value(FilterSql.South(near)!.Value)} AND {Value(FilterSql.North(near)!.Value)}");
        And(string.Create(CultureInfo.InvariantCulture, $"{2 * FilterSql.Earth:R} * asin(least(1, sqrt(power(sin(radians(latitude - {latitude}) / 2), 2) + cos(radians({latitude})) * cos(radians(latitude)) * power(sin(radians(longitude - {longitude}) / 2), 2)))) <= {Value(near.Kilometres)}"));
    }

    // * and ? as SQL has them; a backslash takes the meaning of what follows, in both.
    private static string Like(string pattern)
    {
        var like = new StringBuilder();
        for (var i = 0; i < pattern.Length; i++)
            like.Append(pattern[i] switch
            {
                '*' => "%",
                '?' => "_",
                '\\' when i + 1 < pattern.Length => Escaped(pattern[++i]),
                var c => Escaped(c),
            });
        return like.ToString();
    }

    private static string Escaped(char c) => c is '%' or '_' or '\\' ? $"\\{c}" : c.ToString();
}
