namespace NClip.Hub.Caches;

/// <summary>
/// A lock between processes: an open file that nobody else may open. On Unix this is flock, the call that the Python libraries' lock files use too,
/// so a download there and one here exclude each other. The file stays: removing it would let a third process lock another one of the same name.
/// </summary>
internal static class FileLock
{
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until the lock is free. Dispose the result to release it.</summary>
    /// <exception cref="HubException">The lock file cannot be made.</exception>
    public static async Task<IDisposable> AcquireAsync(string path, Action waiting, CancellationToken cancellationToken)
    {
        CacheFile.MakeFolder(path);
        for (var first = true; ; first = false)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return CacheFile.OpenToWrite(path, FileShare.None);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (first) waiting();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw CacheFile.Refused(path, e);
            }
            await Task.Delay(_poll, cancellationToken).ConfigureAwait(false);
        }
    }

    // Windows: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION. Unix: EWOULDBLOCK, 11 on Linux and 35 on macOS.
    private static bool IsHeld(IOException e) => OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 32 or 33 : e.HResult is 11 or 35;
}
