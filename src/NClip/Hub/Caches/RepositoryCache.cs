namespace NClip.Hub.Caches;

/// <summary>
/// Where the files of one repository lie, in the layout of huggingface_hub (https://huggingface.co/docs/hub/local-cache):
/// models--org--name/ with refs/REVISION (a commit), blobs/ETAG (the bytes), snapshots/COMMIT/FILE (links to blobs), .no_exist/COMMIT/FILE (asked for, not there),
/// and beside it .locks/models--org--name/ETAG.lock.
/// </summary>
internal sealed class RepositoryCache(string root, string id)
{
    private const string Prefix = "models--";

    // A branch may have slashes; links among them may lead in circles.
    private static readonly EnumerationOptions _revisions = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    private readonly string _name = Prefix + id.Replace("/", "--", StringComparison.Ordinal);

    /// <summary>Folder of the repository.</summary>
    public string Folder => Path.Combine(root, _name);

    public string Blob(string etag) => Path.Combine(Folder, "blobs", etag);

    public string Lock(string etag) => Path.Combine(root, ".locks", _name, etag + ".lock");

    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    public string FilePath(string commit, string file) => Path.Combine(Snapshot(commit), Native(file));

    /// <summary>The file is there whole.</summary>
    public bool Has(string commit, string file) => CacheFile.Length(FilePath(commit, file)) is not null;

    /// <summary>The server has said that this commit has no such file.</summary>
    public bool IsKnownAbsent(string commit, string file) => File.Exists(Path.Combine(Folder, ".no_exist", commit, Native(file)));

    public void SetAbsent(string commit, string file)
    {
        if (!IsKnownAbsent(commit, file)) CacheFile.Write(Path.Combine(Folder, ".no_exist", commit, Native(file)), "");
    }

    /// <summary>The commit that a revision meant when it was last asked for, or null.</summary>
    public string? Commit(string revision)
    {
        if (IsCommit(revision)) return revision;
        return CacheFile.ReadText(Reference(revision))?.Trim() is { } commit && IsCommit(commit) ? commit : null;
    }

    public void SetCommit(string revision, string commit)
    {
        if (revision != commit && Commit(revision) != commit) CacheFile.Write(Reference(revision), commit);
    }

    /// <summary>Makes a blob visible in a snapshot. Call it under the blob's lock.</summary>
    /// <param name="commit">Snapshot.</param>
    /// <param name="file">Path in the repository.</param>
    /// <param name="etag">Blob.</param>
    /// <param name="links">Try a link first; where the system refuses it, the blob itself is moved there, as huggingface_hub does.</param>
    public void Place(string commit, string file, string etag, bool links)
    {
        var path = FilePath(commit, file);
        if (Has(commit, file)) return;
        CacheFile.MakeFolder(path);
        try
        {
            if (new FileInfo(path).LinkTarget is not null) File.Delete(path); // a link whose blob is gone
            if (links && TryLink(path, Path.GetRelativePath(Path.GetDirectoryName(path)!, Blob(etag)))) return;
            File.Move(Blob(etag), path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw CacheFile.Refused(path, e); }
    }

    private static bool TryLink(string path, string target)
    {
        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false;
        }
    }

    /// <summary>Every repository of a cache folder that holds a snapshot: its id and folder.</summary>
    public static IEnumerable<RepositoryCache> All(string root) => !Directory.Exists(root) ? [] : Directory.EnumerateDirectories(root, Prefix + "*", new EnumerationOptions())
        .Order(StringComparer.Ordinal)
        .Select(f => new RepositoryCache(root, Path.GetFileName(f)[Prefix.Length..].Replace("--", "/", StringComparison.Ordinal)));

    /// <summary>org/name.</summary>
    public string Id => id;

    /// <summary>Snapshots, newest first, with the revisions that mean them.</summary>
    public IEnumerable<(string Commit, IReadOnlyList<string> Revisions)> Snapshots()
    {
        var folder = new DirectoryInfo(Path.Combine(Folder, "snapshots"));
        if (!folder.Exists) return [];
        var refs = Path.Combine(Folder, "refs");
        var revisions = !Directory.Exists(refs) ? [] : Directory.EnumerateFiles(refs, "*", _revisions)
            .Select(f => Path.GetRelativePath(refs, f).Replace('\\', '/')).Where(r => !r.EndsWith(CacheFile.Temporary, StringComparison.Ordinal)).ToList();
        return folder.EnumerateDirectories("*", new EnumerationOptions()).Where(d => IsCommit(d.Name)).OrderByDescending(d => d.LastWriteTimeUtc)
            .Select(d => (d.Name, (IReadOnlyList<string>)revisions.Where(r => Commit(r) == d.Name).ToList()));
    }

    public static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigit);

    private string Reference(string revision) => Path.Combine(Folder, "refs", Native(revision));

    private static string Native(string file) => file.Replace('/', Path.DirectorySeparatorChar);
}
