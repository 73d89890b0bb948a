using System.Text;
using System.Text.Json;

namespace NClip.Data;

/// <summary>JSON lines: an object in each line; the first one's names are the columns. A list of strings is a cell with several values.</summary>
internal sealed class JsonLinesTable : Table
{
    private JsonLinesTable(string file, IReadOnlyList<string> columns)
        : base(file, columns)
    {
    }

    public static new JsonLinesTable Open(string path)
    {
        var first = System.IO.File.ReadLines(path, Encoding.UTF8).FirstOrDefault(l => !string.IsNullOrWhiteSpace(l)) ?? throw new DataException("the table is empty. A JSON object in each line is expected.", path);
        using var row = Parse(first);
        return row is null
            ? throw new DataException("the first line is no JSON object. A JSON object in each line is expected.", path)
            : new JsonLinesTable(path, [.. row.RootElement.EnumerateObject().Select(p => p.Name)]);
    }

    public override IEnumerable<TableRow> Rows(IReadOnlyList<int> columns)
    {
        var number = 0L;
        foreach (var line in System.IO.File.ReadLines(File, Encoding.UTF8))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            using var row = Parse(line);
            yield return row is null
                ? new TableRow(number, [], "the line is no JSON object")
                : new TableRow(number, [.. columns.Select(c => row.RootElement.TryGetProperty(Columns[c], out var cell) ? CaptionText.Strings(cell) : [])]);
        }
    }

    private static JsonDocument? Parse(string line)
    {
        try
        {
            var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;    // the caller names the line
        }
    }
}
