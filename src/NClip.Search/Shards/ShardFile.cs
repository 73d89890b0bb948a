using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Search.Store;

namespace NClip.Search.Shards;

/// <summary>
/// A shard's file: safetensors with <c>image_features</c> [rows, D] of the pictures that could be read, <c>quarantine</c>, a JSON object a line for each of the others, and
/// in the header whose they are; sealed, so that a changed byte is seen. It appears whole, and has all that is known of the shard: nothing beside it can be another run's.
/// </summary>
internal sealed class ShardFile : IDisposable
{
    private const string Features = "image_features", Quarantine = "quarantine", Format = "1";

    private readonly StateDict _file;
    private readonly TensorEntry _features;

    private ShardFile(StateDict file, TensorEntry features, int rows, int dimension, IReadOnlyList<(int Sample, string Reason)> quarantined)
        => (_file, _features, Rows, Dimension, Quarantined) = (file, features, rows, dimension, quarantined);

    /// <summary>Pictures that have features.</summary>
    public int Rows { get; }

    /// <summary>Values in a row.</summary>
    public int Dimension { get; }

    /// <summary>Numbers of the samples that have none, in their order, and why.</summary>
    public IReadOnlyList<(int Sample, string Reason)> Quarantined { get; }

    /// <summary>See <see cref="ShardState.Model"/>.</summary>
    public string Model => _file.Metadata["model"];

    /// <summary>Writes a shard's file beside its place, and renames it.</summary>
    /// <exception cref="CheckpointException">It cannot be written.</exception>
    public static void Write(string path, EmbeddingManifest manifest, int shard, string model, int dimension, IReadOnlyList<ReadOnlyMemory<float>> rows, IReadOnlyList<(int Sample, string Reason)> quarantined)
    {
        var reasons = Encoding.UTF8.GetBytes(string.Concat(quarantined.Select(q => JsonLine(w =>
        {
            w.WriteNumber("sample", q.Sample);
            w.WriteString("error", q.Reason);
        }))));
        (string, TensorType, long[], Action<Stream>)[] tensors =
        [
            (Features, TensorType.Float32, [rows.Count, dimension], to => { foreach (var r in rows) to.Write(MemoryMarshal.AsBytes(r.Span)); }),
            (Quarantine, TensorType.UInt8, [reasons.Length], to => to.Write(reasons)),
        ];
        Safetensors.WriteSealed(path, tensors, Header(manifest, shard).Append(("model", model)).ToDictionary());
        DurableFolder.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Opens what lies where a shard's file belongs, if it is that.</summary>
    /// <returns>The file, or what is there in its place and what is wrong with it.</returns>
    public static (ShardFile? File, ShardCondition Condition, string? Reason) Open(string path, EmbeddingManifest manifest, int shard, CancellationToken cancellation)
    {
        if (!File.Exists(path)) return (null, ShardCondition.Missing, null);
        StateDict? file = null;
        try
        {
            file = StateDict.OpenFile(path);
            if (!Seal.Holds(file, cancellation)) return Damaged("it is not as it was written: its checksum is another");
            foreach (var (name, value) in Header(manifest, shard))
                if (file.Metadata.GetValueOrDefault(name) is var found && found != value)
                    return (null, ShardCondition.Foreign, $"it says {name} {Shown.Name(found ?? "nothing")}, and {value} belongs here");
            if (Content(file, manifest.Shard(shard)) is not { } whole) return Damaged("it has not a row or a reason for each of its pictures");
            file = null; // it is the answer's
            return (whole, ShardCondition.Whole, null);
        }
        catch (Exception e) when (e is ClipException or JsonException or KeyNotFoundException or InvalidOperationException || FileRefusal.Is(e))
        {
            return Damaged(e is ClipException ? e.Message.Replace($"{path}: ", "", StringComparison.Ordinal).TrimEnd('.') : e.Message);
        }
        finally
        {
            file?.Dispose();
        }

        static (ShardFile?, ShardCondition, string?) Damaged(string reason) => (null, ShardCondition.Damaged, reason);
    }

    /// <summary>A row's features, copied.</summary>
    public float[] Row(int row)
    {
        var values = new float[Dimension];
        _features.ToFloat32((long)row * Dimension, values);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>A JSON object and a line feed.</summary>
    public static string JsonLine(Action<Utf8JsonWriter> members)
    {
        var line = new System.Buffers.ArrayBufferWriter<byte>();
        using (var w = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            w.WriteStartObject();
            members(w);
            w.WriteEndObject();
        }
        return Encoding.UTF8.GetString(line.WrittenSpan) + "\n";
    }

    private static IEnumerable<(string Name, string Value)> Header(EmbeddingManifest manifest, int shard)
    {
        var (first, count) = manifest.Shard(shard);
        return [("nclip.shard", Format), ("manifest", manifest.Digest), ("shard", FormattableString.Invariant($"{shard}/{manifest.Shards}")), ("samples", FormattableString.Invariant($"{first}+{count}"))];
    }

    private static ShardFile? Content(StateDict file, (int First, int Count) samples)
    {
        if (!file.Metadata.ContainsKey("model") || !file.Tensors.TryGetValue(Features, out var features) || !file.Tensors.TryGetValue(Quarantine, out var reasons)) return null;
        if (features is not { Type: TensorType.Float32, Shape: [var rows, var dimension] } || dimension is < 1 or > int.MaxValue || reasons.Type != TensorType.UInt8) return null;
        var quarantined = new List<(int Sample, string Reason)>();
        foreach (var line in Encoding.UTF8.GetString(reasons.Bytes().Span).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            quarantined.Add((json.RootElement.GetProperty("sample").GetInt32(), json.RootElement.GetProperty("error").GetString()!));
        }
        var next = samples.First;
        foreach (var (sample, _) in quarantined)
        {
            if (sample < next || sample >= samples.First + samples.Count) return null;
            next = sample + 1;
        }
        return rows + quarantined.Count == samples.Count ? new ShardFile(file, features, (int)rows, (int)dimension, quarantined) : null;
    }
}
