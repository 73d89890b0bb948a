using System.Text.Json;
using NClip.Foundation;

namespace NClip.Checkpoints;

/// <summary>A model split over several weight files: <c>*.index.json</c> with a <c>weight_map</c> from tensor to file. (Hugging Face, "Sharded checkpoints")</summary>
internal static class ShardedReader
{
    private const long MaxIndex = SafetensorsReader.MaxHeader;

    public static StateDict Read(string indexPath)
    {
        var map = ReadMap(indexPath);
        var folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        var shards = new Dictionary<string, StateDict>();
        try
        {
            foreach (var name in map.Values.Distinct())
            {
                var path = Path.Combine(folder, name);
                if (!File.Exists(path)) throw new CheckpointException(indexPath, $"shard '{Shown.Name(name)}' is not in its folder ({map.Values.Count(v => v == name)} of {map.Count} tensors are in it, e.g. '{Shown.Name(map.First(m => m.Value == name).Key)}'). Get it as well.");
                shards.Add(name, StateDict.OpenFile(path));
            }
            var tensors = new Dictionary<string, TensorEntry>(map.Count);
            foreach (var (tensor, shard) in map)
                tensors.Add(tensor, shards[shard].Tensors.TryGetValue(tensor, out var entry) ? entry : throw new CheckpointException(indexPath, $"tensor '{Shown.Name(tensor)}' is not in shard '{Shown.Name(shard)}', where the index says it is. Index and shards are of different models."));
            foreach (var (name, shard) in shards)
                foreach (var tensor in shard.Tensors.Keys)
                    if (!map.TryGetValue(tensor, out var where) || where != name) throw new CheckpointException(indexPath, $"shard '{Shown.Name(name)}' holds tensor '{Shown.Name(tensor)}', which the index {(where is null ? "does not list" : $"places in '{Shown.Name(where)}'")}. Index and shards are of different models.");
            return new StateDict(indexPath, tensors, new Owners([.. shards.Values])) { Files = [.. shards.Values.SelectMany(s => s.Files)] };
        }
        catch
        {
            foreach (var shard in shards.Values) shard.Dispose();
            throw;
        }
    }

    private static Dictionary<string, string> ReadMap(string path)
    {
        using var source = ByteSource.Map(path);
        if (source.Length > MaxIndex) throw new CheckpointException(path, $"the index has {source.Length} bytes; at most {MaxIndex} are read.");
        var map = new Dictionary<string, string>();
        try
        {
            using var json = JsonDocument.Parse(source.Memory(0, source.Length));
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("weight_map", out var weights) || weights.ValueKind != JsonValueKind.Object)
                throw new CheckpointException(path, "is a JSON text without a weight_map, so no index of a sharded model.");
            foreach (var entry in weights.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.String || entry.Value.GetString() is not { Length: > 0 } shard || shard.AsSpan().IndexOfAny("/\\:\0") >= 0 || shard is "." or "..")
                    throw new CheckpointException(path, $"tensor '{Shown.Name(entry.Name)}' is placed in {Shown.Name(entry.Value.GetRawText())}; the name of a file in the same folder is expected.");
                if (!map.TryAdd(entry.Name, shard)) throw new CheckpointException(path, $"the index lists tensor '{Shown.Name(entry.Name)}' twice.");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, $"the index is not valid JSON: {e.Message}", e);
        }
        return map.Count > 0 ? map : throw new CheckpointException(path, "the index lists no tensor.");
    }

    private sealed class Owners(StateDict[] shards) : IDisposable
    {
        public void Dispose()
        {
            foreach (var shard in shards) shard.Dispose();
        }
    }
}
