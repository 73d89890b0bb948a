using System.IO.Enumeration;

namespace NClip.Cli.Inputs;

/// <summary>Files, folders and globs of a call as a list of pictures, in an order that does not depend on the file system.</summary>
internal static class PictureFiles
{
    /// <summary>What a folder is searched for. A file that is named itself is read whatever its extension says.</summary>
    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif", ".avif",
    };

    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.System, MaxRecursionDepth = 64 };
    private static readonly EnumerationOptions OneLevel = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.System };

    /// <summary>Expands what was given: folders recursively, globs (<c>*</c>, <c>?</c>, <c>**</c>) where the shell left them, all sorted by name.</summary>
    /// <param name="given">Paths in the order of the call.</param>
    /// <param name="failed">Called with each entry that gives no picture, and why.</param>
    /// <returns>Each picture once, at its first place.</returns>
    public static List<string> Expand(IEnumerable<string> given, Action<string, string> failed)
    {
        var (files, seen) = (new List<string>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var entry in given)
        {
            var found = false;
            foreach (var f in Find(entry))
            {
                found = true;
                if (seen.Add(Path.GetFullPath(f))) files.Add(f);
            }
            if (!found) failed(entry, Why(entry));
        }
        return files;
    }

    private static IEnumerable<string> Find(string entry)
        => File.Exists(entry) ? [entry]
        : Directory.Exists(entry) ? InFolder(entry, Everything, "*").Where(IsPicture)
        : IsGlob(entry) ? Glob(entry)
        : [];

    private static string Why(string entry)
        => Directory.Exists(entry) ? $"{entry}: the folder has no pictures (looked for {string.Join(", ", Extensions.Order(StringComparer.Ordinal))}, in its subfolders too)."
        : IsGlob(entry) ? $"{entry}: no file matches. Give a file, a folder, or a pattern with *, ? or **."
        : entry.Length == 0 ? "an empty path was given. Give a file, a folder, or a pattern with *, ? or **."
        : $"{entry}: no such file or folder. Check the path.";

    private static bool IsPicture(string file) => Extensions.Contains(Path.GetExtension(file));

    private static bool IsGlob(string entry) => entry.AsSpan().ContainsAny('*', '?');

    // Hidden files are left out: thumbnails and the `._` companions that macOS writes are no pictures of the user.
    private static IEnumerable<string> InFolder(string folder, EnumerationOptions how, string pattern)
        => new FileSystemEnumerable<string>(folder, (ref FileSystemEntry e) => e.ToSpecifiedFullPath(), how)
        {
            ShouldIncludePredicate = (ref FileSystemEntry e) => !e.IsDirectory && Matches(pattern, e.FileName),
            ShouldRecursePredicate = (ref FileSystemEntry e) => e.FileName[0] != '.',
        }.Order(StringComparer.Ordinal);

    private static IEnumerable<string> Glob(string pattern)
    {
        var parts = pattern.Split('/', OperatingSystem.IsWindows() ? '\\' : '/');
        var start = parts.TakeWhile(p => !IsGlob(p)).Count();
        var root = string.Join('/', parts[..start]);
        if (start > 0 && root.Length == 0) root = "/";
        var folders = new List<string> { root };
        foreach (var part in parts[start..^1])
            folders = [.. folders.SelectMany(f => part == "**" ? [f, .. Folders(f, Everything, "*")] : IsGlob(part) ? Folders(f, OneLevel, part) : Directory.Exists(Path.Join(f, part)) ? [Path.Join(f, part)] : [])];
        var last = parts[^1];
        return folders.SelectMany(f => Directory.Exists(f.Length == 0 ? "." : f) ? last == "**" ? Files(f, Everything, "*").Where(IsPicture) : Files(f, OneLevel, last) : []);

        static IEnumerable<string> Files(string f, EnumerationOptions how, string p) => f.Length > 0 ? InFolder(f, how, p) : InFolder(".", how, p).Select(x => x[2..]);
        static IEnumerable<string> Folders(string f, EnumerationOptions how, string p)
            => new FileSystemEnumerable<string>(f.Length == 0 ? "." : f, (ref FileSystemEntry e) => e.ToSpecifiedFullPath(), how)
            {
                ShouldIncludePredicate = (ref FileSystemEntry e) => e.IsDirectory && Matches(p, e.FileName),
                ShouldRecursePredicate = (ref FileSystemEntry e) => e.FileName[0] != '.',
            }.Order(StringComparer.Ordinal).Select(x => f.Length == 0 ? x[2..] : x);
    }

    private static bool Matches(string pattern, ReadOnlySpan<char> name)
        => (name[0] != '.' || pattern[0] == '.') && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: OperatingSystem.IsWindows() || OperatingSystem.IsMacOS());
}
