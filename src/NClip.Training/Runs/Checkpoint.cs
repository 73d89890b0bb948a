using System.Globalization;
using System.Text.Json;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Training.Operators;
using NClip.Training.Optimization;
using static TorchSharp.torch;

namespace NClip.Training.Runs;

/// <summary>What a run knows beside its tensors.</summary>
/// <param name="Step">Updates made.</param>
/// <param name="Order">The position behind the last batch, as json.</param>
/// <param name="Threads">Of the arithmetic: another number may round otherwise.</param>
/// <param name="LossSum">Of the tripwire.</param>
/// <param name="LossesSeen">Of the tripwire.</param>
/// <param name="LossesAbove">Of the tripwire.</param>
/// <param name="Epoch">Of the last batch.</param>
/// <param name="Ranks">Processes: another number rounds otherwise.</param>
/// <param name="Phase">How far their shares of the order have moved.</param>
internal sealed record RunPosition(int Step, string Order, int Threads, double LossSum, int LossesSeen, int LossesAbove, int Epoch = 0, int Ranks = 1, int Phase = 0);

/// <summary>
/// The whole state of a run as one safetensors file: weights under canonical names, AdamW's moments (m.*, v.*), the average (average.*), the position.
/// There is no state of random numbers: every draw is seeded by the run's seed and the step. Each file is written beside, flushed and renamed, ends in a hash of
/// itself, and the older ones go only when it is there.
/// </summary>
/// <param name="folder">Where they lie.</param>
/// <param name="keep">How many stay.</param>
internal sealed class Checkpoints(string folder, int keep)
{
    private const string Position = "nclip.run", Average = "average.";

    /// <summary>Writes the state.</summary>
    /// <exception cref="CheckpointException">It cannot be written; the older ones are still there.</exception>
    public void Save(RunPosition position, ParameterStore weights, AdamW optimizer, WeightAverage? average)
    {
        Directory.CreateDirectory(folder);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        IEnumerable<(string Name, Tensor Value)> tensors = [.. weights.Where(_ => true), .. optimizer.State(), .. average?.Values.Select(t => (Average + t.Name, t.Value)) ?? []];
        Safetensors.WriteSealed(Path.Combine(folder, Name(position.Step)), tensors.Select(t => (t.Name, TensorType.Float32, t.Value.shape, (Action<Stream>)(to => to.Write(Bytes(t.Value))))),
            new Dictionary<string, string> { [Position] = JsonSerializer.Serialize(position) });
        foreach (var old in Files().Skip(keep)) NewFile.Discard(old);
    }

    /// <summary>Takes up the newest state that is whole.</summary>
    /// <param name="weights">Overwritten.</param>
    /// <param name="optimizer">Overwritten.</param>
    /// <param name="average">Overwritten, where there is one.</param>
    /// <param name="damaged">Told about each file that is not whole.</param>
    /// <returns>The position, or null where there is none.</returns>
    /// <exception cref="CheckpointException">The file is another model's.</exception>
    public RunPosition? Load(ParameterStore weights, AdamW optimizer, WeightAverage? average, Action<string> damaged)
    {
        foreach (var path in Files())
        {
            using var file = Open(path);
            if (file is null || !Seal.Holds(file, default) || !file.Metadata.TryGetValue(Position, out var json))
            {
                damaged(path);
                continue;
            }
            Tensor Read(string name, Tensor like)
            {
                if (!file.Tensors.TryGetValue(name, out var entry) || !entry.Shape.AsSpan().SequenceEqual(like.shape))
                    throw new CheckpointException(path, $"has no tensor '{name}' of shape [{string.Join(", ", like.shape)}]: it is the checkpoint of another model. Name another output folder.");
                return tensor(entry.ToFloat32()).reshape(entry.Shape);
            }
            using var _ = no_grad();
            using var scope = NewDisposeScope();
            foreach (var (name, value) in weights.Where(_ => true)) value.copy_(Read(name, value));
            foreach (var (name, value) in average?.Values ?? []) value.copy_(Read(Average + name, value));
            var position = JsonSerializer.Deserialize<RunPosition>(json)!;
            var moments = optimizer.State().ToDictionary(t => t.Name, t => t.Value);
            optimizer.Restore(position.Step, name => Read(name, moments[name]));
            return position;
        }
        return null;
    }

    /// <summary>Newest first.</summary>
    private List<string> Files() => Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "step-*.safetensors").OrderDescending(StringComparer.Ordinal).ToList() : [];

    private static string Name(int step) => string.Create(CultureInfo.InvariantCulture, $"step-{step:D8}.safetensors");

    private static StateDict? Open(string path)
    {
        try
        {
            return StateDict.Open(path);
        }
        catch (CheckpointException)
        {
            return null;
        }
    }

    private static ReadOnlySpan<byte> Bytes(Tensor value) => value.detach().contiguous().bytes;
}
