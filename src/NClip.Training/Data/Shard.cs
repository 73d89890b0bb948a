using System.Formats.Tar;
using System.Text;

namespace NClip.Training.Data;

/// <summary>One sample of a WebDataset shard.</summary>
/// <param name="Key">File name before the extension.</param>
/// <param name="Picture">The encoded picture.</param>
/// <param name="Class">Contents of KEY.cls, or null.</param>
/// <param name="Captions">Lines of KEY.txt, or empty.</param>
internal sealed record ShardSample(string Key, byte[] Picture, string? Class, string[] Captions);

/// <summary>Reads WebDataset shards: tar files in which neighbours of one name before the extension are one sample.</summary>
internal static class Shard
{
    /// <summary>The samples of every shard in a folder whose file name starts with <paramref name="split"/>, in order of the names.</summary>
    public static IEnumerable<ShardSample> ReadFolder(string folder, string split)
        => Directory.GetFiles(folder, split + "*.tar").Order(StringComparer.Ordinal).SelectMany(Read);

    /// <summary>The samples of one shard in file order. A sample without a picture is left out.</summary>
    public static IEnumerable<ShardSample> Read(string path)
    {
        using var stream = File.OpenRead(path);
        using var tar = new TarReader(stream);
        string? key = null, label = null;
        byte[]? picture = null;
        string[] captions = [];
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is null) continue;
            var dot = entry.Name.LastIndexOf('.');
            var (stem, extension) = (entry.Name[..dot], entry.Name[(dot + 1)..]);
            if (stem != key)
            {
                if (picture is not null) yield return new ShardSample(key!, picture, label, captions);
                (key, picture, label, captions) = (stem, null, null, []);
            }
            var bytes = new byte[entry.Length];
            entry.DataStream.ReadExactly(bytes);
            if (extension is "jpg" or "jpeg" or "png") picture = bytes;
            else if (extension == "cls") label = Encoding.UTF8.GetString(bytes).Trim();
            else if (extension == "txt") captions = Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        if (picture is not null) yield return new ShardSample(key!, picture, label, captions);
    }
}
