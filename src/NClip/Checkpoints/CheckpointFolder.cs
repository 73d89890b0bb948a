namespace NClip.Checkpoints;

/// <summary>Which file of a model folder holds the weights.</summary>
internal static class CheckpointFolder
{
    /// <summary>Names in the order they are preferred. Safetensors come first: they map, and cannot hold code.</summary>
    private static readonly string[] _names =
    [
        "model.safetensors", "open_clip_model.safetensors", "model.safetensors.index.json", "open_clip_model.safetensors.index.json",
        "pytorch_model.bin", "open_clip_pytorch_model.bin", "pytorch_model.bin.index.json", "open_clip_pytorch_model.bin.index.json",
    ];

    private static readonly string[] _extensions = [".safetensors", ".pt", ".pth", ".bin"];

    /// <exception cref="CheckpointException">There is no weight file, or several and none has a usual name.</exception>
    public static string FindWeights(string folder)
    {
        foreach (var name in _names)
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path)) return path;
        }
        string[] found;
        try
        {
            found = [.. Directory.EnumerateFiles(folder).Where(f => _extensions.Contains(Path.GetExtension(f).ToLowerInvariant())).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(folder, $"the folder cannot be read: {e.Message}", e);
        }
        return found switch
        {
            [var only] => only,
            [] => throw new CheckpointException(folder, $"the folder holds no weights; one of {string.Join(", ", _names)}, or a single {string.Join("/", _extensions)} file, is expected."),
            _ => throw new CheckpointException(folder, $"the folder holds several weight files and none has a usual name: {string.Join(", ", found.Select(Path.GetFileName))}. Name the file instead of the folder."),
        };
    }
}
