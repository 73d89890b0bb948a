using Parquet;
using Parquet.Schema;

namespace NClip.Data;

/// <summary>Parquet: columns of strings, one row group after the other; of the rest only what is asked for is read.</summary>
internal sealed class ParquetTable : Table
{
    private readonly DataField[] _fields;

    private ParquetTable(string file, DataField[] fields)
        : base(file, [.. fields.Select(f => f.Path.ToString())]) => _fields = fields;

    public static new ParquetTable Open(string path) => Task.Run(async () =>
    {
        await using var reader = await ParquetReader.CreateAsync(path).ConfigureAwait(false);
        return new ParquetTable(path, reader.Schema.DataFields);
    }).GetAwaiter().GetResult();

    public override IEnumerable<TableRow> Rows(IReadOnlyList<int> columns)
    {
        foreach (var c in columns)
            if ((_fields[c].ClrType != typeof(string) && _fields[c].ClrType != typeof(ReadOnlyMemory<char>)) || _fields[c].MaxRepetitionLevel > 0)
                throw new DataException($"the column '{Columns[c]}' does not hold strings, one in each row. Name another.", File);
        var number = 0L;
        for (var group = 0; ; group++)
        {
            if (Task.Run(() => GroupAsync(group, columns)).GetAwaiter().GetResult() is not { } values) yield break;
            for (var row = 0; row < values[0].Length; row++)
                yield return new TableRow(++number, [.. values.Select(v => v[row] is { Length: > 0 } text ? [text] : Array.Empty<string>())]);
        }
    }

    /// <summary>[columns][rows], or null behind the last group.</summary>
    private async Task<string?[][]?> GroupAsync(int group, IReadOnlyList<int> columns)
    {
        await using var reader = await ParquetReader.CreateAsync(File).ConfigureAwait(false);
        if (group >= reader.RowGroupCount) return null;
        using var rows = reader.OpenRowGroupReader(group);
        var values = new string?[columns.Count][];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = new string?[rows.RowCount];
            await rows.ReadAsync(_fields[columns[i]], values[i]!).ConfigureAwait(false);
        }
        return values;
    }
}
