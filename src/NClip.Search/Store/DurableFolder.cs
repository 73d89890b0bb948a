using System.Runtime.InteropServices;

namespace NClip.Search.Store;

/// <summary>Waits until the names in a folder are on the disk: a file that is flushed can otherwise lack its name after a power cut.</summary>
internal static partial class DurableFolder
{
    /// <summary>Flushes a folder. Windows does this itself; a file system that refuses has nothing to flush.</summary>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(folder, 0);
        if (handle < 0) return;
        _ = Sync(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
