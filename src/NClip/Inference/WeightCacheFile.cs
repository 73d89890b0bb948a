using System.Security.Cryptography;
using System.Text;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Graphs;

namespace NClip.Inference;

/// <summary>The file of a model's converted weights: its name says which source with which content it was made from, and into which form, so a changed source has another one.</summary>
/// <param name="Folder">The cache folder.</param>
/// <param name="Name">NAME-FORM-SOURCE-CONTENT.safetensors: a name for people, what linear layers are stored as, a hash of the source's paths, a hash of its bytes.</param>
/// <param name="Family">Matches the files of every content of this source in this form.</param>
internal sealed record WeightCacheFile(string Folder, string Name, string Family)
{
    /// <summary>Names the folder for every program of a user.</summary>
    public const string Variable = "NCLIP_CACHE";

    /// <summary>Of how the weights are laid out: with another number no older file is found.</summary>
    private const int Layout = 3;

    private const int LongestStem = 60, HashBytes = 8;

    // A file that is being written is locked a moment after it appears.
    private static readonly TimeSpan _moment = TimeSpan.FromMinutes(1);

    private static readonly string[] _generic = ["model", "open_clip_model", "pytorch_model", "open_clip_pytorch_model", "blobs", "snapshots"];

    /// <summary>The file's path.</summary>
    public string Path => System.IO.Path.Combine(Folder, Name);

    /// <summary>The folder where the options name none: NCLIP_CACHE, else nclip/weights in the user's cache folder.</summary>
    public static string DefaultFolder() => DefaultFolder(Environment.GetEnvironmentVariable);

    internal static string DefaultFolder(Func<string, string?> variable) =>
        variable(Variable) is { Length: > 0 } folder ? UserFolders.Expand(folder) : System.IO.Path.Combine(UserFolders.Cache(variable), "nclip", "weights");

    /// <summary>The file for weights converted from these files, which are read for it.</summary>
    /// <param name="folder">The cache folder.</param>
    /// <param name="source">The files.</param>
    /// <param name="linear">What linear layers are stored as.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static WeightCacheFile Of(string folder, IReadOnlyList<WeightFile> source, TensorType linear, CancellationToken cancellation = default)
    {
        var files = source.Select(f => (Real: ExternalFile.Of(f.Path), f.Content)).OrderBy(f => f.Real.ToString(), StringComparer.Ordinal).ToList();
        var paths = Hash(files.Select(f => System.IO.Path.Combine(f.Real.Folder, f.Real.Name)));
        var content = Hash([$"{Layout}", .. files.Select(f => Convert.ToHexStringLower(ContentHash.Of(f.Content, f.Content.Length, cancellation)))]);
        var family = $"-{linear.SafetensorsName().ToLowerInvariant()}-{paths}-";
        return new WeightCacheFile(System.IO.Path.GetFullPath(folder), $"{Stem(files[0].Real)}{family}{content}.safetensors", $"*{family}*.safetensors");
    }

    /// <summary>Removes the files of earlier contents of the source, and what ended processes left half-written. Those in use stay.</summary>
    public void DeleteOlder()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, Family))
            if (System.IO.Path.GetFileName(file) != Name) DeleteUnused(file);
        foreach (var part in Directory.EnumerateFiles(Folder, "*" + NewFile.Part))
            if (File.GetLastWriteTimeUtc(part) < DateTime.UtcNow - _moment) DeleteUnused(part);
    }

    /// <summary>Opens the file for itself alone first: whoever maps or writes it holds a lock (<see cref="FileShare"/>, on Unix flock).</summary>
    private static void DeleteUnused(string file)
    {
        try
        {
            new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // in use, another user's, or already gone
        }
    }

    /// <summary>The innermost part of the path that says more than "model" (or "model-00001-of-00002") or a hash.</summary>
    private static string Stem(ExternalFile file)
    {
        var parts = file.Folder.Split(System.IO.Path.DirectorySeparatorChar, System.IO.Path.AltDirectorySeparatorChar).Append(System.IO.Path.GetFileNameWithoutExtension(file.Name));
        var telling = parts.LastOrDefault(p => p.Length > 0 && !_generic.Any(g => p == g || p.StartsWith(g + "-0", StringComparison.Ordinal)) && !(p.Length >= 40 && p.All(char.IsAsciiHexDigit))) ?? "weights";
        return string.Concat(telling.Take(LongestStem).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_'));
    }

    private static string Hash(IEnumerable<string> lines) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))).AsSpan(0, HashBytes));
}
