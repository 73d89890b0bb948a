namespace NClip.Foundation;

/// <summary>A folder that appears whole or not at all: its files are written into NAME.incomplete beside it, flushed, then the folder gets its name.</summary>
internal static class NewFolder
{
    /// <param name="folder">The folder; it must not exist.</param>
    /// <param name="fill">Writes its files into the folder whose path it is given.</param>
    /// <exception cref="ClipException">The folder exists already, or cannot be written.</exception>
    public static void Write(string folder, Action<string> fill)
    {
        if (Path.Exists(folder)) throw new ClipException("exists already. Name a folder that does not, or remove it.", folder);
        var making = Path.TrimEndingDirectorySeparator(folder) + ".incomplete";
        try
        {
            if (Directory.Exists(making)) Directory.Delete(making, recursive: true); // of a link, the link
            Directory.CreateDirectory(making);
            fill(making);
            foreach (var file in Directory.EnumerateFiles(making))
            {
                using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
                RandomAccess.FlushToDisk(handle);
            }
            Directory.Move(making, folder);
        }
        catch (Exception e)
        {
            Discard(making);
            if (FileRefusal.Is(e)) throw new ClipException($"cannot be written: {FileRefusal.Why(e)}", folder, e);
            throw;
        }
    }

    private static void Discard(string folder)
    {
        try { if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { /* the first error is the one to tell */ }
    }
}
