using System.Text.Json;

namespace NClip.Evaluation;

/// <summary>A figure that others have published for a model and a set.</summary>
/// <param name="Top1">Share, 0..1.</param>
/// <param name="Source">Where it stands.</param>
public sealed record PublishedFigure(double Top1, string Source);

/// <summary>Zero-shot figures that others have published, to stand beside one's own.</summary>
public static class PublishedFigures
{
    private static readonly Lazy<JsonElement> _table = new(Read);

    /// <summary>The published zero-shot top-1 of a model on a set; null where none is known.</summary>
    /// <param name="model">The model as users name it: <c>ViT-B/32</c>, <c>ViT-B-32</c>, <c>openai/clip-vit-base-patch32</c>; null: the embedded one.</param>
    /// <param name="set">imagenet, imagenetv2, cifar10, cifar100, food101, pets.</param>
    public static PublishedFigure? ZeroShot(string? model, string? set)
    {
        if (model is null || set is null) return null;
        var column = _table.Value.GetProperty("columns").EnumerateArray().Select(c => c.GetString()).ToList().IndexOf(set.ToLowerInvariant());
        return column >= 0 && _table.Value.GetProperty("top1").EnumerateObject().FirstOrDefault(m => IsModel(m.Name, model)) is { Value.ValueKind: JsonValueKind.Array } row
            ? new(row.Value[column].GetDouble() / 100, _table.Value.GetProperty("source").GetString()!) : null;
    }

    private static bool IsModel(string row, string model) => string.Equals(row, Canonical(model), StringComparison.OrdinalIgnoreCase);

    private static string Canonical(string model) => model.ToLowerInvariant() switch
    {
        "openai/clip-vit-base-patch32" => "ViT-B-32",
        "openai/clip-vit-base-patch16" => "ViT-B-16",
        "openai/clip-vit-large-patch14" => "ViT-L-14",
        "openai/clip-vit-large-patch14-336" or "vit-l/14@336px" => "ViT-L-14-336",
        _ => model.Replace('/', '-'),
    };

    private static JsonElement Read()
    {
        using var stream = typeof(PublishedFigures).Assembly.GetManifestResourceStream("NClip.Evaluation.Published.zero_shot.json")!;
        using var json = JsonDocument.Parse(stream);
        return json.RootElement.Clone();
    }
}
