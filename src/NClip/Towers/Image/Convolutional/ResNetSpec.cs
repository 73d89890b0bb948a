using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>The plain ResNet as timm names it: basic blocks (18, 34) or bottlenecks (50 and up). (He et al. 2016; stride in the 3x3 convolution)</summary>
internal sealed record ResNetSpec(int Height, int Width, int Stem, IReadOnlyList<int> Blocks, IReadOnlyList<int> Planes, bool Bottleneck) : ImageTowerSpec(Height, Width)
{
    /// <summary>Channels that come out of stage <paramref name="s"/>.</summary>
    public int Channels(int s) => Planes[s] * (Bottleneck ? 4 : 1);

    /// <summary>Stride of block <paramref name="i"/> of stage <paramref name="s"/>.</summary>
    public static int Stride(int s, int i) => s > 0 && i == 0 ? 2 : 1;

    /// <summary>The block's shortcut is a convolution: its stride or its channels change.</summary>
    public bool Downsamples(int s, int i) => i == 0 && (Stride(s, i) > 1 || (s == 0 ? Stem : Channels(s - 1)) != Channels(s));

    /// <inheritdoc/>
    public override string Title => $"ResNet {string.Join("-", Blocks)}, {(Bottleneck ? "bottlenecks" : "basic blocks")}, {string.Join("-", Planes)} planes";

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => ResNet.Build(ops, this, w, pixels);

    /// <summary>Tensors to spec; the input size is not in the shapes.</summary>
    public static ResNetSpec Infer(ModelTensors t)
    {
        var bottleneck = t.Has("visual.trunk.layer1.0.conv3.weight");
        int[] planes = [.. Enumerable.Range(1, 4).Select(s => (int)t.Shape($"visual.trunk.layer{s}.0.conv1.weight", 4)[0])];
        return new(UsualSize, UsualSize, (int)t.Shape("visual.trunk.conv1.weight", 4)[0], [.. Enumerable.Range(1, 4).Select(s => t.CountBlocks($"visual.trunk.layer{s}."))], planes, bottleneck)
        {
            Projection = ProjectionSpec.Infer(t, "visual.proj", planes[3] * (bottleneck ? 4 : 1)),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        ExpectedTensor.Conv("visual.trunk.conv1", 3, Stem, 7), .. ExpectedTensor.BatchNorm("visual.trunk.bn1", Stem),
        .. Bottleneck ? Bottlenecks.Tensors("visual.trunk.layer", Blocks, Stem, Planes, Downsamples) : BasicBlocks(),
        .. Projection.Tensors("visual.proj"),
    ];

    private IEnumerable<ExpectedTensor> BasicBlocks()
    {
        var from = Stem;
        for (var s = 0; s < Blocks.Count; s++)
        {
            for (var i = 0; i < Blocks[s]; i++, from = Planes[s])
            {
                var (at, p) = ($"visual.trunk.layer{s + 1}.{i}", Planes[s]);
                yield return ExpectedTensor.Conv(at + ".conv1", from, p, 3);
                yield return ExpectedTensor.Conv(at + ".conv2", p, p, 3);
                foreach (var e in (ExpectedTensor[])[.. ExpectedTensor.BatchNorm(at + ".bn1", p), .. ExpectedTensor.BatchNorm(at + ".bn2", p)]) yield return e;
                if (!Downsamples(s, i)) continue;
                yield return ExpectedTensor.Conv(at + ".downsample.0", from, p, 1);
                foreach (var e in ExpectedTensor.BatchNorm(at + ".downsample.1", p)) yield return e;
            }
        }
    }
}
