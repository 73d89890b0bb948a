using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Graphs;
using NClip.Towers;

namespace NClip.Inference;

/// <summary>
/// A model's weights as its graphs take them, float32 or int8. What the checkpoint does not store that way is converted: a little of it in memory, inside the graph;
/// much of it once, into a file of the cache folder that is mapped from then on. The graphs do the same arithmetic either way, and the features are equal to the bit.
/// </summary>
internal sealed class ConvertedWeights : IDisposable
{
    /// <summary>Bytes, as float32, up to which weights are converted in memory at each start: a moment's work, not worth a file.</summary>
    public const long InMemory = 128 << 20;

    // A protobuf message has at most 2 GB; nodes and constants need little of it.
    private const long MostInside = int.MaxValue - (64 << 20);

    private readonly StateDict? _cached;

    private ConvertedWeights(ModelTensors tensors, StateDict? cached) => (Tensors, _cached) = (tensors, cached);

    /// <summary>The tensors to make graphs of. Those of a cached file are valid until disposal.</summary>
    public ModelTensors Tensors { get; }

    /// <summary>Converts, or opens what was converted before.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="tensors">Its tensors, checked against <paramref name="spec"/>.</param>
    /// <param name="spec">What the model is.</param>
    /// <param name="options">Precision, cache folder, and what is converted in memory.</param>
    /// <param name="cancellation">Ends a conversion; nothing of it stays.</param>
    /// <exception cref="ClipException">A tower is too large to be converted in memory, and the cache folder cannot be written.</exception>
    public static ConvertedWeights Of(StateDict source, ModelTensors tensors, ClipSpec spec, TowerOptions options, CancellationToken cancellation)
    {
        tensors = spec.Text.Derive(tensors);
        if (tensors.Own is { IsInt8: true }) return new(ForThisProcessor(tensors), null);
        var linear = options.Precision == Precision.Int8 ? IntegerProducts.Weights : TensorType.Float32;
        var wanted = linear == TensorType.Float32 ? tensors : Int8Weights.Quantise(tensors, spec, linear);
        var outside = TokenRows.Of(tensors, spec, options) is null ? null : spec.Text.TokenTable;
        ExpectedTensor[][] used = [.. new[] { Used(spec.Image), Used(spec.Text) }.Select(u => u.Where(e => e.Name != outside && !StayIntegers(e, wanted)).ToArray())];
        Piece[][] towers = [.. used.Select(u => Pieces(u, wanted))];
        Piece[][] inside = [.. towers.Select(Inside)];
        if (inside.Sum(t => t.Sum(p => p.From.Count * sizeof(float))) <= options.ConvertInMemory) return new(wanted, null);

        Piece[] all = [.. towers.SelectMany(t => t)];
        var file = WeightCacheFile.Of(options.CacheFolder ?? WeightCacheFile.DefaultFolder(), source.Files, linear, cancellation);
        string? refused = null;
        var cached = Open(file, all, cancellation) ?? Make(file, all, source.Path, cancellation, out refused);
        if (cached is not null) return new(Refer(wanted, used, spec.Tensors().Where(e => StayIntegers(e, wanted)).Select(e => wanted[e.Name]), cached), cached);
        if (inside.All(t => t.Sum(p => p.Bytes) <= MostInside)) return new(wanted, null);
        throw new ClipException($"its weights have to be converted ({Megabytes(all)}), which is more than goes into memory at once (2 GB a tower), and the cache folder {file.Folder} cannot take them: {refused}. Set ClipOptions.CacheFolder or the variable {WeightCacheFile.Variable} to a folder with {Megabytes(all)} free.", source.Path);
    }

    public void Dispose() => _cached?.Dispose();

    /// <summary>The tensors of a file of integers, as this processor multiplies them exactly.</summary>
    internal static ModelTensors ForThisProcessor(ModelTensors tensors, TensorType? wanted = null) => tensors with
    {
        Tensors = tensors.Tensors.ToDictionary(t => t.Key, t => t.Value with { Turned = t.Value is { Scales: not null, IsTable: false } matrix && matrix.Parts[0].Type != (wanted ?? IntegerProducts.Weights) }),
    };

    private static Piece[] Pieces(ExpectedTensor[] used, ModelTensors tensors) => [.. used.SelectMany(e => Pieces(tensors[e.Name]))];

    private static IEnumerable<Piece> Pieces(ModelTensor t)
    {
        for (var i = 0; i < t.Parts.Count; i++) yield return new(NameOf(t, i), t.Parts[i], t.Scales is null ? TensorType.Float32 : t.Parts[i].Type);
        if (t.Scales is { } scales) yield return new(scales.Name, scales, TensorType.Float32);
    }

    /// <summary>A part's name in the cached file. Parts stay apart and matrices stay transposed where they are, so that the graph computes as it would without the file.</summary>
    private static string NameOf(ModelTensor t, int part) => t.Parts.Count == 1 ? t.Name : $"{t.Name}.{part}";

    /// <summary>Those of a tower that a graph would hold itself: not in a file as the graph takes them, or in another folder than the first that is.</summary>
    private static Piece[] Inside(Piece[] tower)
    {
        var folder = tower.Select(p => ExternalFile.Of(p.From, p.Type)?.Folder).FirstOrDefault(f => f is not null);
        return [.. tower.Where(p => ExternalFile.Of(p.From, p.Type)?.Folder is not { } f || f != folder)];
    }

    /// <summary>The cached file, or null where it is not there, is damaged, or holds other tensors than these.</summary>
    private static StateDict? Open(WeightCacheFile file, Piece[] pieces, CancellationToken cancellation)
    {
        if (!File.Exists(file.Path)) return null;
        StateDict? cached = null;
        try
        {
            cached = StateDict.OpenFile(file.Path);
            if (pieces.All(p => p.IsIn(cached)) && Seal.Holds(cached, cancellation)) return cached;
        }
        catch (CheckpointException)
        {
            // cut or damaged: it is made anew
        }
        catch
        {
            cached?.Dispose();
            throw;
        }
        cached?.Dispose();
        return null;
    }

    /// <summary>Writes the cached file, tensor by tensor, and opens it. Null where the folder cannot take it, with the reason.</summary>
    private static StateDict? Make(WeightCacheFile file, Piece[] pieces, string source, CancellationToken cancellation, out string? refused)
    {
        refused = null;
        try
        {
            Directory.CreateDirectory(file.Folder);
            file.DeleteOlder();
            if (UserFolders.FreeSpace(file.Folder) is { } free && free < pieces.Sum(p => p.Bytes)) refused = FormattableString.Invariant($"its disk has {free / 1e6:0} MB left");
            else Safetensors.WriteSealed(file.Path, pieces.Select(p => (p.Name, p.Type, p.From.Shape, (Action<Stream>)(to => p.Write(to, cancellation)))), new Dictionary<string, string> { ["source"] = source });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException || (e is CheckpointException c && c.File == file.Path))
        {
            refused = (e.InnerException ?? e).Message.TrimEnd('.');
        }
        // Another process may have been faster, and a file that is mapped cannot be replaced on every system: what is there is checked, whoever wrote it.
        var cached = Open(file, pieces, cancellation);
        if (cached is null) refused ??= "what was written cannot be read back";
        return cached;
    }

    /// <summary>The tensors with their parts in the cached file.</summary>
    private static ModelTensors Refer(ModelTensors tensors, ExpectedTensor[][] used, IEnumerable<ModelTensor> tables, StateDict cached)
    {
        ModelTensor Of(ModelTensor t) => t with { Parts = [.. t.Parts.Select((_, i) => cached.Tensors[NameOf(t, i)])], Scales = t.Scales is { } s ? cached.Tensors[s.Name] : null };
        return tensors with { Tensors = tables.Concat(used.SelectMany(u => u).Select(e => Of(tensors[e.Name]))).ToDictionary(t => t.Name) };
    }

    /// <summary>Tables that are stored as rows of integers, which graphs take as they are.</summary>
    private static bool StayIntegers(ExpectedTensor e, ModelTensors tensors) => e.Role == TensorRole.Table && tensors[e.Name].Parts is [{ Integers: not null }];

    private static ExpectedTensor[] Used(TowerSpec tower) => [.. tower.Tensors().Where(e => e.Role != TensorRole.Unused)];

    private static string Megabytes(Piece[] pieces) => FormattableString.Invariant($"{pieces.Sum(p => p.Bytes) / 1e6:0} MB");

    /// <summary>A tensor of the cached file.</summary>
    /// <param name="Name">Its name there.</param>
    /// <param name="From">What it is converted from.</param>
    /// <param name="Type">What it is there.</param>
    private sealed record Piece(string Name, TensorEntry From, TensorType Type)
    {
        public long Bytes => From.Count * Type.Size();

        public bool IsIn(StateDict file) => file.Tensors.TryGetValue(Name, out var t) && t.Type == Type && t.File is not null && t.Shape.AsSpan().SequenceEqual(From.Shape);

        public void Write(Stream to, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            if (Type == TensorType.Float32) From.WriteFloat32(to, cancellation);
            else to.Write(From.Bytes().Span);
        }
    }
}
