namespace NClip.Checkpoints;

/// <summary>A weight file that is open.</summary>
/// <param name="Path">Its path as given.</param>
/// <param name="Content">Its bytes.</param>
internal readonly record struct WeightFile(string Path, ByteSource Content);

/// <summary>The named tensors of a checkpoint, opened from any of the formats NClip reads. Holds the mapped file until disposed.</summary>
public sealed class StateDict : IDisposable
{
    private readonly IDisposable? _owner;

    internal StateDict(string path, IReadOnlyDictionary<string, TensorEntry> tensors, IDisposable? owner = null)
    {
        (Path, Tensors, _owner) = (path, tensors, owner);
        if (owner is ByteSource { File: { } file } source) Files = [new(file, source)];
    }

    /// <summary>File or folder the tensors came from.</summary>
    public string Path { get; }

    /// <summary>Tensors by their name in the file, in file order.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The text entries that a safetensors file may carry beside its tensors; empty for the other formats.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; internal init; } = new Dictionary<string, string>();

    /// <summary>The files that hold the tensors; none where they are in memory.</summary>
    internal IReadOnlyList<WeightFile> Files { get; init; } = [];

    /// <summary>Opens a weight file, a folder with one, or a sharded index, going by content, not by extension.</summary>
    /// <exception cref="CheckpointException">The file is none of the formats, is cut, or lies about itself.</exception>
    public static StateDict Open(string path)
    {
        if (Directory.Exists(path)) path = CheckpointFolder.FindWeights(path);
        return path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase) ? ShardedReader.Read(path) : OpenFile(path);
    }

    /// <summary>Opens one file that holds the tensors itself.</summary>
    internal static StateDict OpenFile(string path)
    {
        var source = ByteSource.Map(path);
        try
        {
            return CheckpointFormat.Read(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _owner?.Dispose();
}
