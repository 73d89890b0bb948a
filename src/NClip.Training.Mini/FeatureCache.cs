using System.Runtime.InteropServices;
using NClip.Training.Data;
using NClip.Training.Towers;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>What the trunk says of a set of pictures: pooled features and logits, in the set's order.</summary>
internal sealed record SetFeatures(Tensor Pooled, Tensor Logits)
{
    /// <summary>The head's two parts.</summary>
    public (Tensor Mixture, Tensor Pooled) Described { get; } = ClassMixtureHead.Describe(Pooled, Logits);
}

/// <summary>Runs the trunk over sets of pictures at 224 px and keeps the results on disk.</summary>
internal sealed class FeatureCache(string folder, MobileNetV2 trunk)
{
    private const int Size = 224;
    private const int Batch = 16;

    public SetFeatures Get(string name, IReadOnlyList<PictureItem> items)
    {
        var path = Path.Combine(folder, name + ".f32");
        var width = MobileNetV2.Width + 1001;
        float[] all;
        if (File.Exists(path) && new FileInfo(path).Length == (long)items.Count * width * 4) all = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
        else
        {
            all = new float[(long)items.Count * width];
            Compute(items, all, width);
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(path, MemoryMarshal.AsBytes(all.AsSpan()).ToArray());
            Console.WriteLine($"{DateTime.Now:HH:mm:ss} features of {items.Count} pictures: {name}");
        }
        using var both = tensor(all).reshape(items.Count, width);
        return new SetFeatures(both.narrow(1, 0, MobileNetV2.Width).contiguous(), both.narrow(1, MobileNetV2.Width, 1001).contiguous());
    }

    private void Compute(IReadOnlyList<PictureItem> items, float[] all, int width)
    {
        set_num_threads(1);
        Parallel.For(0, (items.Count + Batch - 1) / Batch, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, b =>
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            var n = Math.Min(Batch, items.Count - b * Batch);
            var pixels = new float[n * Size * Size * 3];
            for (var i = 0; i < n; i++)
                Picture.Decode(items[b * Batch + i].Encoded)?.CentreSquare(Size, pixels.AsSpan(i * Size * Size * 3, Size * Size * 3));
            var pooled = trunk.Forward(tensor(pixels).reshape(n, Size, Size, 3).permute(0, 3, 1, 2));
            var both = cat([pooled, trunk.Classify(pooled)], 1);
            both.data<float>().CopyTo(all, b * Batch * width);
        });
    }
}
