using System.IO.Enumeration;

namespace NClip.Cli.Inputs;

/// <summary>A folder and those below it, in an order that does not depend on the file system. A real folder is entered once, however many links lead to it; hidden ones are left out.</summary>
/// <param name="failed">Called with each folder that cannot be read, and why.</param>
/// <param name="stop">Ends the search.</param>
internal sealed class FolderTree(Action<string, string> failed, CancellationToken stop)
{
    private static readonly EnumerationOptions _oneLevel = new() { AttributesToSkip = FileAttributes.System };

    /// <summary>What a folder holds.</summary>
    /// <param name="Name">Name without the folder.</param>
    /// <param name="IsFolder">Whether it is, or leads to, a folder.</param>
    /// <param name="IsLink">Whether it is a link.</param>
    /// <param name="Length">Bytes of a file; of a link its own.</param>
    /// <param name="Modified">Time of its last change, UTC ticks.</param>
    public readonly record struct Entry(string Name, bool IsFolder, bool IsLink, long Length = 0, long Modified = 0);

    /// <summary>Lists one folder; another for tests.</summary>
    public Func<string, IEnumerable<Entry>> List { get; init; } = static folder
        => new FileSystemEnumerable<Entry>(folder, static (ref e) => new(e.FileName.ToString(), e.IsDirectory, (e.Attributes & FileAttributes.ReparsePoint) != 0, e.Length, e.LastWriteTimeUtc.UtcTicks), _oneLevel);

    /// <summary>Whether a folder of this name is entered; hidden ones are not in any case.</summary>
    public Func<string, bool> Enters { get; init; } = static _ => true;

    /// <summary>The entries of one folder by name; none, and a word to <c>failed</c>, where it cannot be read.</summary>
    public IReadOnlyList<Entry> In(string folder)
    {
        var entries = new List<Entry>();
        try
        {
            foreach (var e in List(folder.Length == 0 ? "." : folder))
            {
                stop.ThrowIfCancellationRequested();
                entries.Add(e);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failed(folder, $"{folder}: the folder cannot be read{(e is UnauthorizedAccessException ? ": you have no right to" : $" ({e.Message})")}. What is in it is left out.");
        }
        entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    /// <summary>The folder itself and all below it, each with its entries. Folders come before what only a link leads to.</summary>
    public IEnumerable<(string Folder, IReadOnlyList<Entry> Entries)> Below(string root)
    {
        var (folders, links, seen) = (new Stack<string>(), new Queue<string>(), new HashSet<string>(StringComparer.Ordinal));
        folders.Push(root);
        while (folders.TryPop(out var folder) || links.TryDequeue(out folder))
        {
            stop.ThrowIfCancellationRequested();
            if (RealPath.Of(folder.Length == 0 ? "." : folder) is not { } real || !seen.Add(real)) continue;
            var entries = In(folder);
            yield return (folder, entries);
            foreach (var e in entries.Where(e => e.IsFolder && e.Name[0] != '.' && Enters(e.Name)).Reverse())
                if (e.IsLink) links.Enqueue(Path.Join(folder, e.Name));
                else folders.Push(Path.Join(folder, e.Name));
        }
    }
}
