namespace NClip.Graphs;

/// <summary>Weights that go with a graph instead of staying in the checkpoint's files: inside it, or in one file beside it, which is written tensor by tensor.</summary>
/// <param name="file">The name of the file beside it; null: inside.</param>
internal sealed class OwnWeights(string? file)
{
    /// <summary>Bytes up to which a tensor stays inside: what the runtime reads while it makes the session.</summary>
    private const long Small = 1024;

    // So that a mapped float is aligned for every vector width.
    private const long Alignment = 64;

    private readonly List<(long At, Action<Stream> Write)> _tensors = [];
    private long _length;

    /// <summary>The name of the file beside it, or null.</summary>
    public string? File => file;

    /// <summary>Takes a tensor that is not to be inside.</summary>
    /// <param name="length">Its bytes.</param>
    /// <param name="write">Writes them.</param>
    /// <returns>Where it will begin in the file; null where it has to be inside.</returns>
    public long? Take(long length, Action<Stream> write)
    {
        if (file is null || length <= Small) return null;
        var at = (_length + Alignment - 1) / Alignment * Alignment;
        _tensors.Add((at, write));
        _length = at + length;
        return at;
    }

    /// <summary>Writes what was taken.</summary>
    public void WriteTo(Stream to, CancellationToken cancellation)
    {
        foreach (var (at, write) in _tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            to.Write(new byte[at - to.Position]);
            write(to);
        }
    }
}
