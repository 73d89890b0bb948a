using NClip.Foundation;

namespace NClip.Cli.Output;

/// <summary>A file that the user asked for: it appears under its name only when it is whole (<see cref="NewFile"/>), and what goes wrong is told by that name.</summary>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly NewFile _file;

    /// <exception cref="UsageException">It cannot be created.</exception>
    public OutputFile(string path)
    {
        if (Directory.Exists(path)) throw new UsageException($"{path}: this is a folder. Name a file.");
        _path = path;
        try { _file = new NewFile(path); }
        catch (Exception e) when (FileRefusal.Is(e)) { throw new UsageException(DiskStream.Message(path, e), e); }
        Stream = new DiskStream(path, _file.Stream);
    }

    /// <summary>Where to write.</summary>
    public DiskStream Stream { get; }

    /// <summary>The file is whole: gives it its name, replacing an older one.</summary>
    /// <exception cref="ClipException">The disk is full, or the like.</exception>
    public void Complete()
    {
        try { _file.Complete(); }
        catch (Exception e) when (FileRefusal.Is(e)) { throw new ClipException(DiskStream.Message(_path, e), null, e); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        _file.Dispose();
    }
}
