using System.Text;
using NClip.Foundation;

namespace NClip.Hub.Caches;

/// <summary>Files of the cache: writes that are whole or not there and never go through a link, reads that end, and what to say when the disk refuses.</summary>
internal static class CacheFile
{
    /// <summary>No file of a model but its weights has more bytes (the largest tokenizers have 40 MB).</summary>
    public const long Small = 128 << 20;

    /// <summary>How the names of small files under way end.</summary>
    public const string Temporary = ".tmp";

    private const int Tries = 3;

    /// <summary>Makes the folder of a file.</summary>
    public static void MakeFolder(string file)
    {
        try { Directory.CreateDirectory(Path.GetDirectoryName(file)!); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw Refused(file, e); }
    }

    /// <summary>Replaces a small file in one step.</summary>
    public static void Write(string file, string text)
    {
        MakeFolder(file);
        try { NewFile.Write(file, to => to.Write(Encoding.UTF8.GetBytes(text)), Temporary, toDisk: false); }
        catch (Exception e) when (FileRefusal.Is(e)) { throw Refused(file, e); }
    }

    /// <summary>
    /// Opens a file under a name that others can know beforehand, or makes it. A link in its place is removed, not followed: whoever may write in the cache
    /// must not get a file elsewhere overwritten. (Looked at before and after it is opened; nothing has been written by then.)
    /// </summary>
    /// <exception cref="IOException">It is in use, or no ordinary file.</exception>
    /// <exception cref="UnauthorizedAccessException">The system refuses it, or it is a folder.</exception>
    public static FileStream OpenToWrite(string path, FileShare share, FileOptions options = FileOptions.None)
    {
        for (var i = 0; i < Tries; i++)
        {
            if (IsLink(path)) File.Delete(path);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share, 1, options);
            if (!IsLink(path) && file.CanSeek) return file;
            file.Dispose();
        }
        throw new IOException("It is a link or a pipe; a file is expected.");
    }

    /// <summary>The length of a file, links followed, or null where it is not there or is a link to nothing.</summary>
    public static long? Length(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return null;
            if (file.LinkTarget is null) return file.Length;
            return file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; } // links in a circle
    }

    /// <summary>The bytes of a small file, or null where it is not there, is empty (as pipes and devices are), cannot be read, or is larger than <see cref="Small"/>.</summary>
    public static byte[]? ReadSmall(string path)
    {
        if (Length(path) is null or 0 or > Small) return null;
        try { return File.ReadAllBytes(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }

    /// <summary>As <see cref="ReadSmall"/>, as text without a byte order mark.</summary>
    public static string? ReadText(string path) => ReadSmall(path) is { } bytes ? Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF') : null;

    /// <exception cref="HubException">The disk has not that much room.</exception>
    public static void NeedSpace(string file, long bytes)
    {
        if (UserFolders.FreeSpace(Path.GetDirectoryName(file)!) is { } free && free < bytes)
            throw new HubException(HubError.Cache, $"{Megabytes(bytes)} are needed, the disk has {Megabytes(free)} left. Free some, or set HF_HUB_CACHE to a folder on another disk.", file);
    }

    public static HubException Refused(string file, Exception e) =>
        new(HubError.Cache, $"the cache cannot be written ({FileRefusal.Cause(e)}). Make the folder writable, or set HF_HUB_CACHE to one that is.", file, e);

    public static string Megabytes(long bytes) => FormattableString.Invariant($"{bytes / 1e6:0.#} MB");

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;
}
