using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Data;
using NClip.Graphs;
using NClip.Images;
using NClip.Inference;
using NClip.Towers;
using NClip.Training.Data;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>What the trunk says of a set of pictures: pooled features and logits, in the set's order.</summary>
/// <param name="Pooled">[N, 1280].</param>
/// <param name="Logits">[N, 1001].</param>
/// <param name="Described">The head's two parts.</param>
internal sealed record SetFeatures(Tensor Pooled, Tensor Logits, (Tensor Mixture, Tensor Pooled) Described);

/// <summary>Runs the trunk, which stands still, over sets of pictures at 224 px and keeps the results on disk. The graph that NClip runs computes them, in a fraction of the time the trained modules take.</summary>
internal sealed class FeatureCache(string folder, MiniModel model)
{
    private const int Size = 224;
    private const int Batch = 16;

    private readonly ImagePipeline _pipeline = new(new PreprocessSpec(Size, Size, [0.5f, 0.5f, 0.5f], [0.5f, 0.5f, 0.5f]));

    /// <summary>Fills [3, Size, Size].</summary>
    private delegate void Draw(int item, Span<float> planes);

    /// <summary>The features of each picture's centre square.</summary>
    public SetFeatures Get(string name, IReadOnlyList<PictureItem> items)
        => Get(name, items.Count, (i, planes) => PictureView.Whole(items[i].Encoded, _pipeline, planes));

    /// <summary>The features of one crop of each picture, <paramref name="smallest"/> of its area or more, mirrored and recoloured by chance, the same at every call.</summary>
    public SetFeatures GetView(string name, IReadOnlyList<PictureItem> items, int view, float smallest)
        => Get($"{name}-view{view}", items.Count, (i, planes) =>
        {
            var square = new float[planes.Length];
            PictureView.Draw(items[i].Encoded, Size, smallest, 0, SampleRandom.Of((ulong)view, "view", number: i), square);
            for (var c = 0; c < 3; c++)
                for (var k = 0; k < Size * Size; k++) planes[(c * Size * Size) + k] = square[(k * 3) + c];
        });

    private SetFeatures Get(string name, int count, Draw draw)
    {
        using var _ = no_grad();
        var path = Path.Combine(folder, name + ".f32");
        float[] all;
        if (File.Exists(path) && new FileInfo(path).Length == (long)count * MiniSpec.Pooled * 4) all = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
        else
        {
            all = Compute(count, draw);
            File.WriteAllBytes(path + ".part", MemoryMarshal.AsBytes(all.AsSpan()).ToArray());
            File.Move(path + ".part", path, overwrite: true);
            Console.WriteLine($"{DateTime.Now:HH:mm:ss} features of {count} pictures: {name}");
        }
        using var scope = NewDisposeScope();
        var pooled = tensor(all).reshape(count, MiniSpec.Pooled);
        var logits = model.Classify(pooled);
        var (mixture, described) = model.Describe(pooled, logits);
        return new SetFeatures(pooled.MoveToOuterDisposeScope(), logits.MoveToOuterDisposeScope(), (mixture.MoveToOuterDisposeScope(), described.MoveToOuterDisposeScope()));
    }

    /// <summary>Pooled features, [count, 1280].</summary>
    private float[] Compute(int count, Draw draw)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "trunk.safetensors");
        SafetensorsFile.Write(file, model.Store.Where(n => n.StartsWith("visual.trunk.", StringComparison.Ordinal)));
        using var weights = StateDict.Open(file);
        var tensors = new ModelTensors(file, Naming.OpenClip, weights.Tensors.ToDictionary(t => t.Key, t => new ModelTensor(t.Key, [.. t.Value.Shape], [t.Value])));
        var spec = TowerKinds.Image.Infer(tensors);
        using var session = new PartSession(new ImagePart(spec), _ => PartGraph.Of(new ImagePart(spec), tensors), new TowerOptions(Threads: 1));
        session.Warm(default);
        var all = new float[count * MiniSpec.Pooled];
        Parallel.For(0, (count + Batch - 1) / Batch, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, b =>
        {
            var n = Math.Min(Batch, count - b * Batch);
            var planes = new float[n * 3 * Size * Size];
            for (var i = 0; i < n; i++) draw(b * Batch + i, planes.AsSpan(i * 3 * Size * Size, 3 * Size * Size));
            using var pixels = PartSession.Value<float>(planes, n, 3, Size, Size);
            session.Run([pixels], all.AsMemory(b * Batch * MiniSpec.Pooled, n * MiniSpec.Pooled), n, default);
        });
        return all;
    }
}
