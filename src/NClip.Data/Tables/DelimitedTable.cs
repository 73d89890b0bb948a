using System.Text;

namespace NClip.Data;

/// <summary>CSV and TSV (RFC 4180): a header, quoted fields with doubled quotes and line breaks inside. The header tells what separates: tab, comma or semicolon, whichever it has first in this order.</summary>
internal sealed class DelimitedTable : Table
{
    private readonly char _separator;

    private DelimitedTable(string file, IReadOnlyList<string> columns, char separator)
        : base(file, columns) => _separator = separator;

    public static new DelimitedTable Open(string path)
    {
        using var reader = new StreamReader(path, Encoding.UTF8);
        var header = reader.ReadLine() ?? throw new DataException("the table is empty. A header with the names of the columns is expected.", path);
        var separator = "\t,;".FirstOrDefault(header.Contains, ',');
        using var line = new StringReader(header);
        return new DelimitedTable(path, [.. Record(line, separator, out _, out _)!.Select(c => c.Trim())], separator);
    }

    public override IEnumerable<TableRow> Rows(IReadOnlyList<int> columns)
    {
        using var reader = new StreamReader(File, Encoding.UTF8);
        reader.ReadLine();
        var number = 1L;
        while (Record(reader, _separator, out var lines, out var closed) is { } fields)
        {
            number += lines;
            if (fields is [""]) continue;
            if (!closed) yield return new TableRow(number, [], "a quote is not closed before the end of the file");
            else if (fields.Count != Columns.Count) yield return new TableRow(number, [], $"the row has {fields.Count} fields; the header has {Columns.Count}");
            else yield return new TableRow(number, [.. columns.Select(c => fields[c].Length == 0 ? Array.Empty<string>() : [fields[c]])]);
        }
    }

    /// <summary>The fields of the next record, or null at the end.</summary>
    private static List<string>? Record(TextReader reader, char separator, out int lines, out bool closed)
    {
        (lines, closed) = (0, true);
        if (reader.Peek() < 0) return null;
        var (fields, field) = (new List<string>(), new StringBuilder());
        var quoted = false;
        while (true)
        {
            var c = reader.Read();
            if (c == '\n') lines++;
            if (quoted)
            {
                if (c < 0) break;
                if (c != '"') field.Append((char)c);
                else if (reader.Peek() == '"') field.Append((char)reader.Read());
                else quoted = false;
            }
            else if (c == '"' && field.Length == 0) quoted = true;
            else if (c == separator) Take();
            else if (c is '\n' or < 0) break;
            else if (c != '\r' || reader.Peek() != '\n') field.Append((char)c);
        }
        closed = !quoted;
        Take();
        return fields;

        void Take()
        {
            fields.Add(field.ToString());
            field.Clear();
        }
    }
}
