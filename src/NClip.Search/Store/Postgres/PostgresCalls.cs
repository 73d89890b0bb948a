using Npgsql;

namespace NClip.Search.Store.Postgres;

/// <summary>Statements within a transaction; values are $1, $2, ...</summary>
internal sealed class PostgresCalls(NpgsqlConnection connection)
{
    /// <summary>Runs a statement.</summary>
    public int Do(string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteNonQuery();
    }

    /// <summary>The first value of the first row, or null.</summary>
    public object? One(string sql, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteScalar() is { } v and not DBNull ? v : null;
    }

    /// <summary>All rows.</summary>
    public List<T> Rows<T>(string sql, Func<NpgsqlDataReader, T> row, params ReadOnlySpan<object?> values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>Copies rows into a table, in binary.</summary>
    public NpgsqlBinaryImporter Copy(string into) => connection.BeginBinaryImport($"COPY {into} FROM STDIN (FORMAT binary)");

    private NpgsqlCommand Command(string sql, ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var v in values) command.Parameters.Add(new NpgsqlParameter { Value = v ?? DBNull.Value });
        return command;
    }
}
