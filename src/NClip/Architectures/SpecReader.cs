using System.Text.Json;
using NClip.Checkpoints;

namespace NClip.Architectures;

/// <summary>Tensors and the configuration beside them -> ClipSpec. What the configuration says goes before what shapes suggest.</summary>
internal static class SpecReader
{
    private const string OpenClipFile = "open_clip_config.json", HuggingFaceFile = "config.json";

    /// <param name="tensors">The checkpoint.</param>
    /// <param name="fileOrFolder">Where it came from: configurations are looked for beside it.</param>
    /// <param name="configFile">The configuration to use instead, or null.</param>
    public static ClipSpec Read(ModelTensors tensors, string fileOrFolder, string? configFile)
    {
        var spec = ShapeInference.Infer(tensors);
        var file = configFile ?? Beside(fileOrFolder, tensors.Naming);
        if (file is null) return spec;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new CheckpointException(file, "is not a model configuration: a JSON object was expected.");
            return root.TryGetProperty("model_cfg", out _) || root.TryGetProperty("vision_cfg", out _)
                ? OpenClipConfig.Apply(root, spec, file)
                : HuggingFaceConfig.Apply(root, spec, file);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            throw new CheckpointException(file, $"is not a readable model configuration: {e.Message}", e);
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
