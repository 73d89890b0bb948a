namespace NClip.Cli.Output.Features;

/// <summary>A format of feature files.</summary>
/// <param name="Extension">What names it.</param>
/// <param name="HoldsSources">Whether it says itself what each row belongs to; else X.rows.jsonl does.</param>
/// <param name="WriteAsync">Writes a table into a stream that need not be able to go back, a row at a time.</param>
internal sealed record FeatureFormat(string Extension, bool HoldsSources, Func<FeatureTable, Stream, CancellationToken, Task> WriteAsync)
{
    private static readonly FeatureFormat[] _all =
    [
        new(".npy", false, NpyFormat.WriteAsync),
        new(".safetensors", false, SafetensorsFormat.WriteAsync),
        new(".parquet", true, ParquetFormat.WriteAsync),
    ];

    /// <summary>The format that a file's extension names.</summary>
    /// <exception cref="UsageException">It names none.</exception>
    public static FeatureFormat Of(string path)
    {
        var extension = Path.GetExtension(path);
        return _all.FirstOrDefault(f => f.Extension.Equals(extension, StringComparison.OrdinalIgnoreCase))
            ?? throw new UsageException($"--output {path}: the extension '{extension}' names no format. Give {string.Join(", ", _all.Select(f => f.Extension))}.");
    }
}
