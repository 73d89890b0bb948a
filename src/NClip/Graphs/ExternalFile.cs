using NClip.Checkpoints;

namespace NClip.Graphs;

/// <summary>A weight file as a graph refers to it, links followed. All external weights of one graph must lie in one folder.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Name">Its name there.</param>
internal readonly record struct ExternalFile(string Folder, string Name)
{
    /// <summary>The file that ONNX Runtime can map the tensor from as elements of <paramref name="type"/>; null where its bytes are others, or lie in no file as they are.</summary>
    public static ExternalFile? Of(TensorEntry entry, TensorType type) => entry.Type == type && entry.File is { } file ? Of(file) : null;

    /// <summary>The file that a path leads to.</summary>
    public static ExternalFile Of(string path)
    {
        var full = Path.GetFullPath(path);
        var real = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        return new ExternalFile(Path.GetDirectoryName(real)!, Path.GetFileName(real));
    }
}
