using System.Security.Cryptography;
using NClip.Images;
using NClip.Search.Indexing;

namespace NClip.Search.Shards;

/// <summary>The files of a manifest: what is noted of them, and whether they still are so.</summary>
internal static class ManifestFiles
{
    /// <summary>The deepest folder that all files lie below.</summary>
    /// <exception cref="SearchException">There is none.</exception>
    public static string Above(IReadOnlyList<string> paths)
    {
        var folder = Path.GetDirectoryName(paths[0]);
        foreach (var p in paths)
            while (folder is not null && !PictureWalk.IsBelow(p, folder)) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new SearchException($"no folder is above all of the files: {paths[0]} is on another disk than others. Make a manifest for each disk.");
    }

    /// <summary>What a manifest notes of a file.</summary>
    /// <exception cref="SearchException">It is not there, not below the root, or cannot be read.</exception>
    public static ManifestSample Sample(string path, string root, bool digest)
    {
        if (!PictureWalk.IsBelow(path, root)) throw new SearchException($"this file is not below the manifest's root {root}. Name a root that is above all files, or leave it out.", path);
        var name = Path.GetRelativePath(root, path);
        try
        {
            var bytes = Length(path) ?? throw new SearchException("there is no such file. Check the path.", path);
            return new ManifestSample(Path.DirectorySeparatorChar == '/' ? name : name.Replace(Path.DirectorySeparatorChar, '/'), bytes, digest ? Sha256(path) : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SearchException($"cannot be read: {e.Message}", path, e);
        }
    }

    /// <summary>How a file is another than the one that the manifest notes; null where it is the same, as far as size (and content, if that is looked at) say.</summary>
    public static string? Difference(ManifestSample noted, string path, bool content)
    {
        if (Length(path) is not { } bytes) return "there is no such file. Check the path.";
        return bytes != noted.Bytes ? FormattableString.Invariant($"it has {bytes} bytes, and the manifest says {noted.Bytes}: {Changed}")
            : content && noted.Sha256 is { } digest && Sha256(path) != digest ? $"its content is another than the manifest's digest says: {Changed}"
            : null;
    }

    /// <summary>Looks whether a file that is there is the one that the manifest notes.</summary>
    /// <exception cref="ImageException">It is not.</exception>
    public static void Check(ManifestSample noted, string path)
    {
        if (Length(path) is not null && Difference(noted, path, content: true) is { } difference) throw new ImageException(difference, path); // of one that is not there whoever decodes it says so
    }

    private const string Changed = "it was changed after the manifest was made. Bring the old file back, or make the manifest anew.";

    private static long? Length(string path)
    {
        var file = new FileInfo(path);
        var real = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
        return real is { Exists: true } f ? f.Length : null;
    }

    private static string Sha256(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
