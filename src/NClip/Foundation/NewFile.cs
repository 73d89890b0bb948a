namespace NClip.Foundation;

/// <summary>
/// A file that appears under its name only when it is whole: written beside, flushed, renamed. The name beside it is new, so that no link is followed; what is
/// not completed is removed. While it is written nobody else can open it (<see cref="FileShare.None"/>, on Unix flock).
/// </summary>
internal sealed class NewFile : IDisposable
{
    /// <summary>How the names of files under way end.</summary>
    public const string Part = ".part";

    private readonly string _path, _beside;
    private bool _done;

    /// <param name="path">Its name; a file that has it is replaced.</param>
    /// <param name="suffix">How its name ends until it is whole.</param>
    /// <exception cref="IOException">It cannot be made; see <see cref="FileRefusal"/>.</exception>
    public NewFile(string path, string suffix = Part)
    {
        (_path, _beside) = (path, $"{path}.{Guid.NewGuid():N}{suffix}");
        Stream = new FileStream(_beside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    /// <summary>Where to write.</summary>
    public FileStream Stream { get; }

    /// <summary>Writes a file as a whole. What <paramref name="write"/> throws leaves none.</summary>
    /// <param name="path">Its name; a file that has it is replaced.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="suffix">How its name ends until it is whole.</param>
    /// <param name="toDisk">Waits until it is on the disk; false for what can be lost with the machine's power.</param>
    public static void Write(string path, Action<FileStream> write, string suffix = Part, bool toDisk = true)
    {
        using var file = new NewFile(path, suffix);
        write(file.Stream);
        file.Complete(toDisk);
    }

    /// <summary>Removes what is of no use. What cannot be removed stays: the error that led here is the one to tell.</summary>
    public static void Discard(string path)
    {
        try { File.Delete(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* see above */ }
    }

    /// <summary>The file is whole: gives it its name.</summary>
    public void Complete(bool toDisk = true)
    {
        Stream.Flush(toDisk);
        Stream.Dispose();
        File.Move(_beside, _path, overwrite: true);
        _done = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try { Stream.Dispose(); }
        catch (Exception e) when (FileRefusal.Is(e)) { /* its buffer found no room: who wanted the file whole has flushed it, and knows */ }
        if (!_done) Discard(_beside);
    }
}
