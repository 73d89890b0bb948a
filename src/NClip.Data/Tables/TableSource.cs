namespace NClip.Data;

/// <summary>A table with the path of a picture, a caption and perhaps a class in each row. The rows are held in memory; each can be read by itself.</summary>
public sealed class TableSource : ISampleSource
{
    private static readonly string[] _image = ["filepath", "image", "image_path", "path", "file_name", "filename"];
    private static readonly string[] _caption = ["title", "caption", "captions", "text"];
    private static readonly string[] _label = ["label", "class"];

    private readonly List<(string Path, string[] Captions, string? Label, string? Fault)> _rows = [];
    private readonly string _root;

    private TableSource(string name, string root) => (Name, _root) = (name, root);

    /// <summary>Reads the table, not the pictures.</summary>
    /// <exception cref="DataException">The table is not there or cannot be read, or has no such columns.</exception>
    public static TableSource Open(string path, SourceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new SourceOptions();
        var table = Table.Open(path);
        var image = Find(table, options.ImageColumn, _image, "path of the picture", nameof(SourceOptions.ImageColumn));
        var caption = Find(table, options.CaptionColumn, _caption, "caption", nameof(SourceOptions.CaptionColumn));
        var label = options.LabelColumn is null ? Index(table, _label) : Find(table, options.LabelColumn, _label, "class", nameof(SourceOptions.LabelColumn));
        var source = new TableSource(path, options.ImageRoot ?? Path.GetDirectoryName(Path.GetFullPath(path))!);
        Table.Reading(path, () =>
        {
            foreach (var row in table.Rows(label < 0 ? [image, caption] : [image, caption, label])) source.Add(row);
            return true;
        });
        return source._rows.Count > 0 ? source : throw new DataException("the table has no rows.", path);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int PartCount => _rows.Count;

    /// <inheritdoc/>
    public string PartName(int part) => _rows[part].Path;

    /// <inheritdoc/>
    public IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken)
    {
        var (path, captions, label, fault) = _rows[part];
        return skip > 0 ? []
            : fault is not null ? [RawSample.Broken(path, Name, 0, fault)]
            : [new RawSample { Key = path, Source = Name, ImagePath = Path.Combine(_root, path), Captions = captions, Label = label }];
    }

    private void Add(TableRow row)
    {
        if (row.Fault is not null || row.Cells[0].Length != 1) _rows.Add(($"row {row.Number}", [], null, row.Fault ?? "the row names no picture"));
        else _rows.Add((row.Cells[0][0], row.Cells[1], row.Cells.Length > 2 && row.Cells[2].Length > 0 ? row.Cells[2][0] : null, null));
    }

    private static int Find(Table table, string? given, string[] usual, string what, string option)
    {
        var found = Index(table, given is null ? usual : [given]);
        if (found >= 0) return found;
        var hint = given is not null || usual != _image ? ""
            : Index(table, ["url"]) >= 0 ? " Its addresses are not downloaded: load the pictures first, into shards."
            : table.Columns.Any(c => c.EndsWith("bytes", StringComparison.Ordinal)) ? " Pictures inside a table are not read: write them into shards."
            : "";
        throw new DataException($"the table has no column {(given is null ? $"for the {what} (looked for {string.Join(", ", usual)})" : $"'{given}'")}; it has {string.Join(", ", table.Columns)}. Name the column with {option}.{hint}", table.File);
    }

    private static int Index(Table table, string[] names)
    {
        foreach (var name in names)
            for (var c = 0; c < table.Columns.Count; c++)
                if (string.Equals(table.Columns[c], name, StringComparison.OrdinalIgnoreCase)) return c;
        return -1;
    }
}
