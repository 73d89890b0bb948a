namespace NClip.Hub;

/// <summary>Writes in the cache that are whole or not there, and what to say when the disk refuses.</summary>
internal static class CacheFile
{
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
        var temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllText(temporary, text);
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw Refused(file, e); }
    }

    /// <summary>The length of a file, links followed, or null where it is not there or is a link to nothing.</summary>
    public static long? Length(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) return null;
        if (file.LinkTarget is null) return file.Length;
        return file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : null;
    }

    /// <exception cref="HubException">The disk has not that much room.</exception>
    public static void NeedSpace(string file, long bytes)
    {
        if (UserFolders.FreeSpace(Path.GetDirectoryName(file)!) is { } free && free < bytes)
            throw new HubException(HubError.Cache, $"{Megabytes(bytes)} are needed, the disk has {Megabytes(free)} left. Free some, or set HF_HUB_CACHE to a folder on another disk.", file);
    }

    public static HubException Refused(string file, Exception e) =>
        new(HubError.Cache, $"the cache cannot be written ({e.Message.TrimEnd('.')}). Make the folder writable, or set HF_HUB_CACHE to one that is.", file, e);

    public static string Megabytes(long bytes) => FormattableString.Invariant($"{bytes / 1e6:0.#} MB");
}
