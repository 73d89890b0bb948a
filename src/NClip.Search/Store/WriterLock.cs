namespace NClip.Search.Store;

/// <summary>One writer at a time: an open file that nobody else may open (on Unix flock), so that it is free again when its process ends in whatever way.</summary>
internal static class WriterLock
{
    /// <summary>The file's name.</summary>
    public const string FileName = "writer.lock";

    /// <summary>Takes it.</summary>
    /// <exception cref="SearchException">Another process has it, or the gallery cannot be written to.</exception>
    public static IDisposable Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new SearchException("another process writes to this gallery now. Wait for it, or stop it; searching goes on meanwhile.", folder, e);
        }
        catch (Exception e) when (Foundation.FileRefusal.Is(e))
        {
            throw new SearchException($"this gallery cannot be written to: {Foundation.FileRefusal.Why(e)}", folder, e);
        }
    }

    // Windows: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION. Unix: EWOULDBLOCK, 11 on Linux and 35 on macOS.
    private static bool IsHeld(IOException e) => OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 32 or 33 : e.HResult is 11 or 35;
}
