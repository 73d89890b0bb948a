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
        if (Directory.Exists(path)) throw new UsageException($"{path}: this is a folder. Name a file.");
        try { Stream = new DiskStream(path, new FileStream(_beside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16)); }
        catch (Exception e) when (DiskStream.IsRefusal(e)) { throw new UsageException(DiskStream.Message(path, e), e); }
    }

    /// <summary>Where to write.</summary>
    public DiskStream Stream { get; }

    /// <summary>The file is whole: gives it its name, replacing an older one.</summary>
    /// <exception cref="ClipException">The disk is full, or the like.</exception>
    public void Complete()
    {
        Stream.FlushToDisk();
        Stream.Dispose();
        try { File.Move(_beside, _path, overwrite: true); }
        catch (Exception e) when (DiskStream.IsRefusal(e)) { throw new ClipException(DiskStream.Message(_path, e), null, e); }
        _done = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        if (!_done) File.Delete(_beside);
    }
}
