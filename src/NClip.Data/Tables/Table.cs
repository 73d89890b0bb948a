namespace NClip.Data;

/// <summary>A row's cells in the order in which their columns were asked for; a cell has several values where the file has a list.</summary>
/// <param name="Number">Line or row in the file, from 1, for messages.</param>
/// <param name="Cells">One array a column; empty: no value.</param>
/// <param name="Fault">Why the row cannot be used, or null.</param>
internal sealed record TableRow(long Number, string[][] Cells, string? Fault = null);

/// <summary>A file of rows with named columns.</summary>
internal abstract class Table(string file, IReadOnlyList<string> columns)
{
    private static readonly Dictionary<string, Func<string, Table>> _formats = new(StringComparer.OrdinalIgnoreCase)
    {
        [".csv"] = DelimitedTable.Open,
        [".tsv"] = DelimitedTable.Open,
        [".jsonl"] = JsonLinesTable.Open,
        [".ndjson"] = JsonLinesTable.Open,
        [".parquet"] = ParquetTable.Open,
    };

    public string File { get; } = file;

    public IReadOnlyList<string> Columns { get; } = columns;

    public static bool IsTable(string path) => _formats.ContainsKey(Path.GetExtension(path));

    /// <exception cref="DataException">The file is not there, cannot be opened, or has no columns.</exception>
    public static Table Open(string path)
    {
        if (!System.IO.File.Exists(path)) throw new DataException("there is no such file. Check the path.", path);
        return Reading(path, () => _formats[Path.GetExtension(path)](path));
    }

    /// <summary>The rows, with the cells of some columns (numbers in <see cref="Columns"/>).</summary>
    public abstract IEnumerable<TableRow> Rows(IReadOnlyList<int> columns);

    /// <summary>Errors of the file system and of formats -> the room's.</summary>
    public static T Reading<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (ClipException or OperationCanceledException or OutOfMemoryException))
        {
            throw new DataException($"the table cannot be read: {e.Message}", path, e);
        }
    }
}
