using System.Text.Json;

namespace NClip.Hub.Caches;

/// <summary>
/// Which files of a repository make a model. They are asked for by name, one HEAD each, not found by a listing: mirrors and proxies that serve files
/// often have no listing, and what the hub has answered once is kept in the cache, so a second call asks nothing.
/// </summary>
internal static class RepositoryFiles
{
    /// <summary>Small files: architecture, preprocessing and tokenizer. Each may be missing.</summary>
    public static IReadOnlyList<string> Small { get; } =
    [
        "config.json", "open_clip_config.json", "preprocessor_config.json",
        "tokenizer_config.json", "tokenizer.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model",
    ];

    private const int MostShards = 1000, LongestName = 200;

    private static readonly string[] _transformers = ["model.safetensors", "model.safetensors.index.json"];
    private static readonly string[] _openClip = ["open_clip_model.safetensors"];
    private static readonly string[] _transformersPickle = ["pytorch_model.bin", "pytorch_model.bin.index.json"];
    private static readonly string[] _openClipPickle = ["open_clip_pytorch_model.bin"];

    /// <summary>Weight files, best first. One is taken; an index brings its shards.</summary>
    /// <param name="openClip">open_clip's file before that of transformers, safetensors before pickles in any case.</param>
    public static IReadOnlyList<string> Weights(bool openClip) => openClip
        ? [.. _openClip, .. _transformers, .. _openClipPickle, .. _transformersPickle]
        : [.. _transformers, .. _openClip, .. _transformersPickle, .. _openClipPickle];

    /// <summary>Most bytes of a file: weights may have 64 GB, where a disk has them.</summary>
    public static long Limit(string file) => Small.Contains(file) || IsIndex(file) ? CacheFile.Small : WeightLimit;

    /// <summary>Most bytes of a file of weights.</summary>
    public const long WeightLimit = 64L << 30;

    public static bool IsIndex(string file) => file.EndsWith(".index.json", StringComparison.Ordinal);

    /// <summary>The shards that an index names.</summary>
    /// <exception cref="HubException">It is no index, or a name leads out of the repository.</exception>
    public static IReadOnlyList<string> Shards(string indexFile)
    {
        try
        {
            using var index = JsonDocument.Parse(CacheFile.ReadSmall(indexFile) ?? []);
            var shards = index.RootElement.GetProperty("weight_map").EnumerateObject().Select(p => p.Value.GetString() ?? "").Distinct().ToList();
            if (shards.Find(s => !IsPlain(s)) is { } odd)
                throw new HubException(HubError.Protocol, $"the index names the shard '{ServerText.Shown(odd)}'; a file name is expected. The repository is not to be trusted.", indexFile);
            if (shards.Count > MostShards)
                throw new HubException(HubError.Protocol, $"the index names {shards.Count} shards; {MostShards} at most are expected. The repository is not to be trusted.", indexFile);
            return shards;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new HubException(HubError.Protocol, "this is not an index of shards (an object with weight_map is expected). The repository is damaged.", indexFile, e);
        }
    }

    /// <summary>The weight files of a snapshot, its best whole set first in the order of <see cref="Weights"/>, or null.</summary>
    public static IReadOnlyList<string>? WeightsIn(RepositoryCache cache, string commit, bool openClip)
    {
        foreach (var file in Weights(openClip))
        {
            if (!cache.Has(commit, file)) continue;
            if (!IsIndex(file)) return [file];
            var shards = Shards(cache.FilePath(commit, file));
            if (shards.All(s => cache.Has(commit, s))) return [file, .. shards];
        }
        return null;
    }

    /// <summary>It can be loaded: weights, and a config from which the architecture follows.</summary>
    public static bool IsUsable(RepositoryCache cache, string commit, bool openClip) =>
        (cache.Has(commit, "config.json") || cache.Has(commit, "open_clip_config.json")) && WeightsIn(cache, commit, openClip) is not null;

    private static bool IsPlain(string name) => name.Length is > 0 and <= LongestName && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
