using System.IO.Enumeration;
using NClip.Images;

namespace NClip.Cli.Inputs;

/// <summary>Files, folders and globs of a call as a list of pictures, in an order that does not depend on the file system.</summary>
internal static class PictureFiles
{
    /// <summary>Expands what was given: folders recursively, globs (<c>*</c>, <c>?</c>, <c>**</c>) where the shell left them, all sorted by name.</summary>
    /// <param name="given">Paths in the order of the call.</param>
    /// <param name="failed">Called with each entry that gives no picture and each folder that cannot be read, and why.</param>
    /// <param name="stop">Ends the search.</param>
    /// <returns>Each picture once, at its first place.</returns>
    public static List<string> Expand(IEnumerable<string> given, Action<string, string> failed, CancellationToken stop = default)
    {
        var (files, seen) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var entry in given)
        {
            var said = false;
            var tree = new FolderTree((folder, why) => { said = true; failed(folder, why); }, stop);
            var found = false;
            foreach (var f in Find(entry, tree))
            {
                found = true;
                if (seen.Add(Path.GetFullPath(f))) files.Add(f);
            }
            if (!found && !said) failed(entry, Why(entry));
        }
        return files;
    }

    private static IEnumerable<string> Find(string entry, FolderTree tree)
        => File.Exists(entry) ? [entry]
        : Directory.Exists(entry) ? Below(entry, tree)
        : IsGlob(entry) ? Glob(entry, tree)
        : [];

    private static string Why(string entry)
        => Directory.Exists(entry) ? $"{entry}: the folder has no pictures (looked for {string.Join(", ", PictureFile.Extensions.Order(StringComparer.Ordinal))}, in its subfolders too)."
        : IsGlob(entry) ? $"{entry}: no file matches. Give a file, a folder, or a pattern with *, ? or **."
        : entry.Length == 0 ? "an empty path was given. Give a file, a folder, or a pattern with *, ? or **."
        : $"{entry}: no such file or folder. Check the path.";

    private static bool IsGlob(string entry) => entry.AsSpan().ContainsAny('*', '?');

    private static IEnumerable<string> Below(string folder, FolderTree tree)
        => tree.Below(folder).SelectMany(f => Files(f.Folder, f.Entries, "*")).Where(PictureFile.HasExtension).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Files(string folder, IEnumerable<FolderTree.Entry> entries, string pattern)
        => entries.Where(e => !e.IsFolder && Matches(pattern, e.Name)).Select(e => Path.Join(folder, e.Name));

    private static IEnumerable<string> Glob(string pattern, FolderTree tree)
    {
        var parts = pattern.Split('/', OperatingSystem.IsWindows() ? '\\' : '/');
        var start = parts.TakeWhile(p => !IsGlob(p)).Count();
        var root = string.Join('/', parts[..start]);
        if (start > 0 && root.Length == 0) root = "/";
        var folders = new List<string> { root };
        foreach (var part in parts[start..^1]) folders = [.. folders.SelectMany(f => Folders(f, part, tree))];
        return folders.Where(f => Directory.Exists(f.Length == 0 ? "." : f)).SelectMany(f => parts[^1] == "**" ? Below(f, tree) : Files(f, tree.In(f), parts[^1]));
    }

    private static IEnumerable<string> Folders(string folder, string part, FolderTree tree)
        => !Directory.Exists(folder.Length == 0 ? "." : folder) ? []
        : part == "**" ? tree.Below(folder).Select(f => f.Folder).Order(StringComparer.Ordinal)
        : IsGlob(part) ? tree.In(folder).Where(e => e.IsFolder && Matches(part, e.Name)).Select(e => Path.Join(folder, e.Name))
        : Directory.Exists(Path.Join(folder, part)) ? [Path.Join(folder, part)] : [];

    // Hidden files are left out: thumbnails and the `._` companions that macOS writes are no pictures of the user.
    private static bool Matches(string pattern, ReadOnlySpan<char> name)
        => (name[0] != '.' || pattern[0] == '.') && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: OperatingSystem.IsWindows() || OperatingSystem.IsMacOS());
}
