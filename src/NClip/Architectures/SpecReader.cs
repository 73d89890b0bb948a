using System.Text.Json;
using NClip.Checkpoints;

namespace NClip.Architectures;

/// <summary>Tensors and the configuration beside them -> ClipSpec. What the configuration says goes before what shapes suggest.</summary>
internal static class SpecReader
{
    private const string OpenClipFile = "open_clip_config.json", HuggingFaceFile = "config.json";

    private static readonly string[] _modelTypes = ["clip", "chinese_clip", "siglip"];

    /// <param name="tensors">The checkpoint.</param>
    /// <param name="fileOrFolder">Where it came from: configurations are looked for beside it.</param>
    /// <param name="configFile">The configuration to use instead, or null.</param>
    public static ClipSpec Read(ModelTensors tensors, string fileOrFolder, string? configFile)
    {
        var file = configFile ?? Beside(fileOrFolder, tensors.Naming);
        if (file is null) return ShapeInference.Infer(tensors);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new CheckpointException(file, "is not a model configuration: a JSON object was expected.");
            var spec = Infer(tensors, root, file);
            return root.TryGetProperty("model_cfg", out _) || root.TryGetProperty("vision_cfg", out _)
                ? OpenClipConfig.Apply(root, spec, file)
                : HuggingFaceConfig.Apply(root, spec, file);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            throw new CheckpointException(file, $"is not a readable model configuration: {e.Message}", e);
        }
    }

    /// <summary>What the shapes suggest; where they suggest nothing and the configuration names another kind of model, that is the reason to tell.</summary>
    private static ClipSpec Infer(ModelTensors tensors, JsonElement root, string file)
    {
        try
        {
            return ShapeInference.Infer(tensors);
        }
        catch (CheckpointException e) when (root.TryGetProperty("model_type", out var type) && type.ValueKind == JsonValueKind.String && !_modelTypes.Contains(type.GetString()))
        {
            throw new CheckpointException(file, $"model_type is '{type.GetString()}'; NClip reads {string.Join(", ", _modelTypes)}. ({e.Message})", e);
        }
    }

    /// <summary>The configuration in the weights' folder: the one of the house whose names the weights have, else the other.</summary>
    private static string? Beside(string fileOrFolder, Naming naming)
    {
        var folder = Directory.Exists(fileOrFolder) ? fileOrFolder : Path.GetDirectoryName(Path.GetFullPath(fileOrFolder))!;
        string[] names = naming == Naming.HuggingFace ? [HuggingFaceFile, OpenClipFile] : [OpenClipFile, HuggingFaceFile];
        return names.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);
    }
}
