using NClip.Checkpoints;

namespace NClip.Architectures;

/// <summary>Tensors and the configuration beside them -> ClipSpec. What the configuration says goes before what shapes suggest.</summary>
internal static class SpecReader
{
    private const string OpenClipFile = "open_clip_config.json", HuggingFaceFile = "config.json";

    private static readonly string[] _modelTypes = ["clip", "chinese_clip", "siglip", "metaclip_2"];

    /// <param name="tensors">The checkpoint.</param>
    /// <param name="fileOrFolder">Where it came from: configurations are looked for beside it.</param>
    /// <param name="configFile">The configuration to use instead, or null.</param>
    public static ClipSpec Read(ModelTensors tensors, string fileOrFolder, string? configFile)
    {
        var file = configFile ?? Beside(fileOrFolder, tensors.Naming);
        return file is null ? ShapeInference.Infer(tensors) : ConfigFile.Read(file, root =>
        {
            var spec = Infer(tensors, root);
            return root.Get("model_cfg") is not null || root.Get("vision_cfg") is not null ? OpenClipConfig.Apply(root, spec) : HuggingFaceConfig.Apply(root, spec);
        });
    }

    /// <summary>What the shapes suggest; where they suggest nothing and the configuration names another kind of model, that is the reason to tell.</summary>
    private static ClipSpec Infer(ModelTensors tensors, ConfigSection root)
    {
        try
        {
            return ShapeInference.Infer(tensors);
        }
        catch (CheckpointException e) when (root.String("model_type") is { } type && !_modelTypes.Contains(type))
        {
            throw new CheckpointException(root.File, $"model_type is '{Shown.Name(root.String("model_type")!)}'; NClip reads {string.Join(", ", _modelTypes)}. ({e.Message})", e);
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
