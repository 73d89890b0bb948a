using System.Globalization;

namespace NClip.Hub.Caches;

/// <summary>
/// Remembers which files have been compared with their sha256, by path, size and time of change, so that a gigabyte is hashed once and not at every start.
/// The notes lie in OpenAI's cache folder under .verified.
/// </summary>
internal sealed class VerifiedFiles(HubOptions options)
{
    /// <summary>The file is there and has this sha256; it is hashed when no note says so.</summary>
    public async Task<bool> IsVerifiedAsync(string file, string sha256, CancellationToken cancellationToken)
    {
        if (!File.Exists(file)) return false;
        if (CacheFile.ReadText(Note(sha256)) == Stamp(file)) return true;
        try
        {
            if (await ContentDigest.Sha256(sha256).OfFileAsync(file, cancellationToken).ConfigureAwait(false) != sha256) return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HubException(HubError.Cache, $"the cached file cannot be read ({e.Message.TrimEnd('.')}). Make it readable, or remove it.", file, e);
        }
        Remember(file, sha256);
        return true;
    }

    /// <summary>Notes that the file has been compared. A folder that cannot be written costs the next start a comparison, no more.</summary>
    public void Remember(string file, string sha256)
    {
        try { CacheFile.Write(Note(sha256), Stamp(file)); }
        catch (HubException) { /* compared again at the next start */ }
    }

    private string Note(string sha256) => Path.Combine(options.OpenAIFolder, ".verified", sha256);

    private static string Stamp(string file)
    {
        var info = new FileInfo(file);
        return string.Create(CultureInfo.InvariantCulture, $"{info.FullName} {info.Length} {info.LastWriteTimeUtc.Ticks}");
    }
}
