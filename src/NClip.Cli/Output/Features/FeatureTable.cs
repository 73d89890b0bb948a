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

/// <summary>One row: what it belongs to, and its values [D].</summary>
internal readonly record struct FeatureRow(RowSource Source, ReadOnlyMemory<float> Values);

/// <summary>Features [N, D] that come a row at a time, however many there are.</summary>
/// <param name="Kind">Of pictures or of texts.</param>
/// <param name="Count">N.</param>
/// <param name="Dimension">D.</param>
/// <param name="Rows">Exactly N; read once.</param>
internal sealed record FeatureTable(FeatureKind Kind, int Count, int Dimension, IEnumerable<FeatureRow> Rows);

/// <summary>Names that differ between features of pictures and of texts.</summary>
/// <param name="Source">Name of what a row belongs to: <c>file</c> or <c>text</c>.</param>
/// <param name="Tensor">Name of the tensor in a safetensors file.</param>
/// <param name="Noun">What several inputs are called.</param>
internal sealed record FeatureKind(string Source, string Tensor, string Noun)
{
    public static FeatureKind Images { get; } = new("file", "image_features", "pictures");
    public static FeatureKind Texts { get; } = new("text", "text_features", "texts");
}
