using System.Text.Json;

namespace NClip.Hub.Caches;

/// <summary>Finds the CLIPs among what the caches hold. Nothing is hashed and nothing is asked of a server.</summary>
internal static class CachedModels
{
    /// <param name="options">Where the caches are.</param>
    /// <param name="embedded">Folder of the embedded model, or null.</param>
    /// <param name="types">model_type in config.json (transformers) of what can be loaded.</param>
    public static IReadOnlyList<CachedModel> List(HubOptions options, string? embedded, IReadOnlyCollection<string> types)
    {
        var found = new List<CachedModel>();
        if (embedded is not null) found.Add(new CachedModel(ModelName.EmbeddedName, embedded, Directory.EnumerateFiles(embedded).Sum(f => CacheFile.Length(f) ?? 0), "embedded", "", true));
        foreach (var model in OpenAIModel.All)
        {
            var file = Path.Combine(options.OpenAIFolder, model.FileName);
            if (CacheFile.Length(file) is { } bytes) found.Add(new CachedModel(model.Name, file, bytes, "OpenAI", "", true));
            else if (CacheFile.Length(file + ".incomplete") is { } part and > 0) found.Add(new CachedModel(model.Name, file, part, "OpenAI", "", false));
        }
        foreach (var cache in RepositoryCache.All(options.CacheFolder))
            foreach (var (commit, revisions) in cache.Snapshots().Where(s => IsClip(cache, s.Commit, types)))
            {
                var weights = Weights(cache, commit);
                var bytes = RepositoryFiles.Small.Concat(weights ?? []).Sum(f => CacheFile.Length(cache.FilePath(commit, f)) ?? 0);
                var revision = revisions.Contains("main") ? "main" : revisions.Count > 0 ? revisions[0] : commit;
                found.Add(new CachedModel(revision == "main" ? cache.Id : $"{cache.Id}@{revision}", cache.Snapshot(commit), bytes, "Hugging Face", revision, weights is not null));
            }
        return found;
    }

    // A damaged index is told to who asks for the model, not to who asks for a list.
    private static IReadOnlyList<string>? Weights(RepositoryCache cache, string commit)
    {
        try { return RepositoryFiles.IsUsable(cache, commit, openClip: false) ? RepositoryFiles.WeightsIn(cache, commit, openClip: false) : null; }
        catch (HubException) { return null; }
    }

    // The same cache holds language models and much else.
    private static bool IsClip(RepositoryCache cache, string commit, IReadOnlyCollection<string> types)
    {
        if (cache.Has(commit, "open_clip_config.json")) return true;
        if (CacheFile.ReadSmall(cache.FilePath(commit, "config.json")) is not { } bytes) return false;
        try
        {
            using var config = JsonDocument.Parse(bytes);
            return config.RootElement.ValueKind == JsonValueKind.Object && config.RootElement.TryGetProperty("model_type", out var type)
                && type.ValueKind == JsonValueKind.String && types.Contains(type.GetString()!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { return false; } // InvalidOperationException: half a surrogate pair in a string
    }
}
