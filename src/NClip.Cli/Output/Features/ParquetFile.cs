using Parquet;
using Parquet.Schema;

namespace NClip.Cli.Output.Features;

/// <summary>Parquet: columns <c>file</c> or <c>id</c> and <c>text</c>, and <c>vector</c>, a list of D floats.</summary>
internal sealed class ParquetFile : FeatureFile
{
    /// <summary>Rows in a row group: some megabytes at the usual dimensions.</summary>
    private const int GroupRows = 4096;

    private readonly NewFile _file;
    private readonly int _dimension;
    private readonly ParquetSchema _schema;
    private readonly List<RowSource> _rows = new(GroupRows);
    private readonly List<float> _values = [];
    private ParquetWriter? _writer;

    public ParquetFile(string path, FeatureKind kind, int dimension)
    {
        (_file, _dimension) = (new NewFile(path), dimension);
        var vector = new ListField("vector", new DataField<float>("element", nullable: false));
        var source = new DataField<string>(kind.Source, nullable: false);
        _schema = kind == FeatureKind.Texts ? new(new DataField<string>("id", nullable: true), source, vector) : new(source, vector);
    }

    public override async Task AddAsync(RowSource source, ReadOnlyMemory<float> features)
    {
        _rows.Add(source);
        _values.AddRange(features.Span);
        if (_rows.Count == GroupRows) await WriteGroupAsync().ConfigureAwait(false);
    }

    public override async Task CompleteAsync()
    {
        await WriteGroupAsync().ConfigureAwait(false);
        await _writer!.DisposeAsync().ConfigureAwait(false);
        _file.Complete();
    }

    public override void Dispose() => _file.Dispose();

    private async Task WriteGroupAsync()
    {
        _writer ??= await ParquetWriter.CreateAsync(_schema, _file.Stream).ConfigureAwait(false);
        if (_rows.Count == 0) return;
        using var group = _writer.CreateRowGroup();
        var fields = _schema.DataFields;
        if (fields.Length == 3) await group.WriteAsync(fields[0], (string[])[.. _rows.Select(r => r.Id!)]).ConfigureAwait(false);
        await group.WriteAsync(fields[^2], (string[])[.. _rows.Select(r => r.Source)]).ConfigureAwait(false);
        var starts = new int[_values.Count]; // 0 where a list begins, 1 within it
        Array.Fill(starts, 1);
        for (var i = 0; i < starts.Length; i += _dimension) starts[i] = 0;
        var present = new int[_values.Count]; // no list and no element is missing
        Array.Fill(present, fields[^1].MaxDefinitionLevel);
        await group.WriteAllPartsAsync<float>(fields[^1], _values.ToArray().AsMemory(), present.AsMemory(), starts.AsMemory(), CancellationToken.None).ConfigureAwait(false);
        _rows.Clear();
        _values.Clear();
    }
}
