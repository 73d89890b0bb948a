using System.IO.Enumeration;
using NClip.Cli.Inputs;
using NClip.Images;

namespace NClip.Search.Indexing;

/// <summary>A picture file in a folder.</summary>
/// <param name="Path">Its full path.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Time of its last change, UTC ticks.</param>
/// <param name="Sidecar">The texts beside it: <see cref="Sidecars.In"/>; 0 where there are none.</param>
internal readonly record struct FoundFile(string Path, long Size, long Modified, long Sidecar = 0);

/// <summary>What lies below some folders: pictures by their names, in an order that does not depend on the file system; and what could not be looked into.</summary>
internal sealed class PictureWalk
{
    // What systems, cameras' shares and build tools keep beside pictures: copies of them, or nothing that a person took.
    private static readonly HashSet<string> _ignored = new(StringComparer.OrdinalIgnoreCase)
    {
        "@eaDir", "__MACOSX", "$RECYCLE.BIN", "System Volume Information", "lost+found", "node_modules", "Thumbs", "Thumbnails",
    };

    private readonly IReadOnlyList<string> _excluded;
    private readonly CancellationToken _cancellation;

    /// <param name="folders">Full paths.</param>
    /// <param name="excluded">Patterns with * and ? of names or full paths that are left out.</param>
    /// <param name="cancellation">Ends the walk.</param>
    public PictureWalk(IReadOnlyList<string> folders, IReadOnlyList<string> excluded, CancellationToken cancellation)
    {
        (_excluded, _cancellation) = (excluded, cancellation);
        var files = folders.SelectMany(Below).ToList();
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        Files = folders.Count == 1 ? files : [.. files.DistinctBy(f => f.Path)];
    }

    /// <summary>Pictures by path.</summary>
    public IReadOnlyList<FoundFile> Files { get; }

    /// <summary>Folders that cannot be read, and why.</summary>
    public List<(string Folder, string Why)> Unreadable { get; } = [];

    /// <summary>Whether nothing can be said of a path, because a folder above it could not be read.</summary>
    public bool IsUnknown(string path) => Unreadable.Any(u => IsBelow(path, u.Folder));

    /// <summary>Whether a path lies in a folder, or is it.</summary>
    public static bool IsBelow(string path, string folder)
        => path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || folder[^1] == Path.DirectorySeparatorChar || path[folder.Length] == Path.DirectorySeparatorChar);

    private IEnumerable<FoundFile> Below(string root)
    {
        var tree = new FolderTree((folder, why) => Unreadable.Add((folder, why)), _cancellation) { Enters = name => !_ignored.Contains(name) && !IsExcluded(name) && !IsGallery(name) };
        foreach (var (folder, entries) in tree.Below(root))
        {
            var texts = Sidecars.In(folder, entries);
            foreach (var e in entries)
            {
                if (e.IsFolder || e.Name[0] == '.' || !PictureFile.HasExtension(e.Name) || IsExcluded(e.Name)) continue;
                var path = Path.Join(folder, e.Name);
                if (IsExcluded(path)) continue;
                var file = e.IsLink ? Target(path) : new FoundFile(path, e.Length, e.Modified);
                yield return texts is null ? file : file with { Sidecar = texts.GetValueOrDefault(Path.GetFileNameWithoutExtension(e.Name)) };
            }
        }
    }

    private static bool IsGallery(string name) => name.EndsWith(".nclip", StringComparison.OrdinalIgnoreCase);

    private bool IsExcluded(string name) => _excluded.Any(p => FileSystemName.MatchesSimpleExpression(p, name, ignoreCase: true));

    // A link that leads nowhere is a file that cannot be read; reading it says so.
    private static FoundFile Target(string link) => File.ResolveLinkTarget(link, returnFinalTarget: true) is FileInfo { Exists: true } f ? new FoundFile(link, f.Length, f.LastWriteTimeUtc.Ticks) : new FoundFile(link, 0, 0);
}
