using Parquet;
using Parquet.Schema;

namespace NClip.Cli.Output.Features;

/// <summary>Parquet: columns <c>file</c> or <c>id</c> and <c>text</c>, and <c>vector</c>, a list of D floats.</summary>
internal static class ParquetFormat
{
    /// <summary>Rows in a row group: some megabytes at the usual dimensions. No more than a group is in memory.</summary>
    public const int GroupRows = 4096;

    public static async Task WriteAsync(FeatureTable table, Stream to, CancellationToken stop)
    {
        var vector = new ListField("vector", new DataField<float>("element", nullable: false));
        var source = new DataField<string>(table.Kind.Source, nullable: false);
        var schema = table.Kind == FeatureKind.Texts ? new ParquetSchema(new DataField<string>("id", nullable: true), source, vector) : new ParquetSchema(source, vector);
        await using var writer = await ParquetWriter.CreateAsync(schema, to, cancellationToken: stop).ConfigureAwait(false);
        foreach (var rows in table.Rows.Chunk(GroupRows))
        {
            stop.ThrowIfCancellationRequested();
            await WriteGroupAsync(writer, schema.DataFields, rows, table.Dimension, stop).ConfigureAwait(false);
        }
    }

    private static async Task WriteGroupAsync(ParquetWriter writer, DataField[] fields, FeatureRow[] rows, int dimension, CancellationToken stop)
    {
        using var group = writer.CreateRowGroup();
        if (fields.Length == 3) await group.WriteAsync(fields[0], (string[])[.. rows.Select(r => r.Source.Id!)]).ConfigureAwait(false);
        await group.WriteAsync(fields[^2], (string[])[.. rows.Select(r => r.Source.Source)]).ConfigureAwait(false);
        var values = new float[rows.Length * dimension];
        for (var i = 0; i < rows.Length; i++) rows[i].Values.CopyTo(values.AsMemory(i * dimension));
        var starts = new int[values.Length]; // 0 where a list begins, 1 within it
        Array.Fill(starts, 1);
        for (var i = 0; i < starts.Length; i += dimension) starts[i] = 0;
        var present = new int[values.Length]; // no list and no element is missing
        Array.Fill(present, fields[^1].MaxDefinitionLevel);
        await group.WriteAllPartsAsync<float>(fields[^1], values.AsMemory(), present.AsMemory(), starts.AsMemory(), stop).ConfigureAwait(false);
    }
}
