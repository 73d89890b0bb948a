using NClip.Checkpoints;

namespace NClip.Graphs;

/// <summary>A weight file as a graph refers to it, links followed. All external weights of one graph must lie in one folder.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Name">Its name there.</param>
internal readonly record struct ExternalFile(string Folder, string Name)
{
    /// <summary>The file that ONNX Runtime can map the tensor from; null where its bytes are no float32 or int8, or lie in no file as they are.</summary>
    public static ExternalFile? Of(TensorEntry entry) => entry is { File: { } file, Type: TensorType.Float32 or TensorType.Int8 } ? Of(file) : null;

    /// <summary>The file that a path leads to.</summary>
    public static ExternalFile Of(string path)
    {
        var full = Path.GetFullPath(path);
        var real = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        return new ExternalFile(Path.GetDirectoryName(real)!, Path.GetFileName(real));
    }
}
