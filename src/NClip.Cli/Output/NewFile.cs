namespace NClip.Cli.Output;

/// <summary>A file that appears under its name only when it is whole; what an interrupted run leaves behind is deleted.</summary>
internal sealed class NewFile : IDisposable
{
    private readonly string _path, _beside;
    private bool _done;

    /// <exception cref="UsageException">It cannot be created.</exception>
    public NewFile(string path)
    {
        (_path, _beside) = (path, $"{path}.{Guid.NewGuid():N}.part");
        try { Stream = new FileStream(_beside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException) { throw new UsageException($"{path}: cannot be written ({e.Message})", e); }
    }

    /// <summary>Where to write.</summary>
    public FileStream Stream { get; }

    /// <summary>The file is whole: gives it its name, replacing an older one.</summary>
    public void Complete()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(_beside, _path, overwrite: true);
        _done = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        if (!_done) File.Delete(_beside);
    }
}
