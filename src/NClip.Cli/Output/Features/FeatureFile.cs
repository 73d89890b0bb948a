using System.Text.Json;

namespace NClip.Cli.Output.Features;

/// <summary>What a row of features belongs to.</summary>
/// <param name="Id">The input's "id" as JSON, or null.</param>
/// <param name="Source">The picture's path, or the text.</param>
internal readonly record struct RowSource(string? Id, string Source)
{
    /// <summary>Writes the members of a JSON object.</summary>
    public void Write(Utf8JsonWriter w, string kind)
    {
        if (Id is not null)
        {
            w.WritePropertyName("id");
            w.WriteRawValue(Id);
        }
        w.WriteString(kind, Source);
    }
}

/// <summary>A file of features [N, D], one row an input, written as the rows come. It appears when it is complete.</summary>
internal abstract class FeatureFile : IDisposable
{
    private static readonly (string Extension, Func<string, FeatureKind, int, FeatureFile> Open)[] Formats =
    [
        (".npy", (path, kind, d) => new NpyFile(path, kind, d)),
        (".safetensors", (path, kind, d) => new SafetensorsFile(path, kind, d)),
        (".parquet", (path, kind, d) => new ParquetFile(path, kind, d)),
    ];

    /// <summary>Refuses a file name of another format, before any work is done.</summary>
    /// <exception cref="UsageException">The extension is none of the formats'.</exception>
    public static void Check(string path) => Find(path);

    /// <summary>Opens a file for the format that its extension names.</summary>
    /// <param name="path">Target.</param>
    /// <param name="kind">Of pictures or of texts.</param>
    /// <param name="dimension">D.</param>
    /// <exception cref="UsageException">The extension is none of the formats', or the file cannot be created.</exception>
    public static FeatureFile Create(string path, FeatureKind kind, int dimension) => Find(path)(path, kind, dimension);

    /// <summary>Appends a row.</summary>
    public abstract Task AddAsync(RowSource source, ReadOnlyMemory<float> features);

    /// <summary>The last row was added: gives the file its name.</summary>
    public abstract Task CompleteAsync();

    /// <summary>Deletes what is not complete.</summary>
    public abstract void Dispose();

    private static Func<string, FeatureKind, int, FeatureFile> Find(string path)
    {
        var extension = Path.GetExtension(path);
        foreach (var (e, open) in Formats)
            if (extension.Equals(e, StringComparison.OrdinalIgnoreCase)) return open;
        throw new UsageException($"--output {path}: the extension '{extension}' names no format. Give {string.Join(", ", Formats.Select(f => f.Extension))}.");
    }
}

/// <summary>Names that differ between features of pictures and of texts.</summary>
/// <param name="Source">Name of what a row belongs to: <c>file</c> or <c>text</c>.</param>
/// <param name="Tensor">Name of the tensor in a safetensors file.</param>
internal sealed record FeatureKind(string Source, string Tensor)
{
    public static FeatureKind Images { get; } = new("file", "image_features");
    public static FeatureKind Texts { get; } = new("text", "text_features");
}
