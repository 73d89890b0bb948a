using NClip.Checkpoints;
using NClip.Configuration;
using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>A block of EfficientNet.</summary>
/// <param name="In">Channels in.</param>
/// <param name="Hidden">Channels in between; equal to <paramref name="In"/>: nothing is widened.</param>
/// <param name="Out">Channels out.</param>
/// <param name="Kernel">Side of the depthwise convolution.</param>
/// <param name="Stride">Of the depthwise convolution.</param>
/// <param name="Squeezed">Channels of the squeeze.</param>
internal sealed record EfficientNetBlock(int In, int Hidden, int Out, int Kernel, int Stride, int Squeezed)
{
    /// <summary>The block starts with a 1x1 convolution.</summary>
    public bool Widens => Hidden != In;

    /// <summary>The input is added: all blocks of a stage but its first.</summary>
    public bool Shortcut { get; init; }

    /// <summary>Strided blocks pad one pixel less before than behind, but for those that the configuration's depthwise_padding names.</summary>
    public bool PadsEvenly { get; init; }

    /// <summary>Zeros around the depthwise convolution's input.</summary>
    public Padding Padding => Stride == 1 || PadsEvenly ? Kernel / 2 : new Padding((Kernel / 2) - 1, Kernel / 2);
}

/// <summary>ALIGN's EfficientNet, which ends in the mean over the picture. (Tan and Le 2019, table 1; Jia et al. 2021)</summary>
internal sealed record EfficientNetSpec(int Height, int Width, int Stem, IReadOnlyList<EfficientNetBlock> Blocks) : ImageTowerSpec(Height, Width)
{
    private const int AlignSize = 289;

    /// <summary>Of the first block of each stage. (Tan and Le 2019, table 1)</summary>
    private static readonly int[] _usualStrides = [1, 2, 2, 2, 1, 2, 1];

    /// <summary>Of every batch norm.</summary>
    public float Epsilon { get; init; } = 1e-3f;

    /// <inheritdoc/>
    public override string Title => $"EfficientNet, {Blocks.Count} blocks, {Blocks[^1].Out} channels";

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => EfficientNet.Build(ops, this, w, pixels);

    /// <inheritdoc/>
    public override ImageTowerSpec WithHuggingFace(HuggingFaceSection c)
    {
        var (height, width) = c.Size("image_size") ?? (Height, Width);
        var stages = c.Ints("num_block_repeats", ConfigRange.Layers);
        return this with
        {
            Height = height,
            Width = width,
            Epsilon = (float)(c.Number("batch_norm_eps", 0, 1) ?? Epsilon),
            Blocks = stages is null ? Blocks : Arranged(stages, c),
        };
    }

    /// <summary>Blocks with their stage's stride and the padding that the configuration gives; a stage's first block has no shortcut. (transformers modeling_align.py, AlignVisionEncoder)</summary>
    private List<EfficientNetBlock> Arranged(int[] stages, HuggingFaceSection c)
    {
        var depth = c.Number("depth_coefficient", 0, 100) ?? 1;
        var (strides, even) = (c.Ints("strides", new(1, 2)) ?? _usualStrides, c.Ints("depthwise_padding", new(0, ConfigRange.Layers.Most)) ?? []);
        int[] repeats = [.. stages.Select(n => (int)Math.Ceiling(depth * n))];
        if (repeats.Sum() != Blocks.Count || strides.Length != repeats.Length)
            throw new CheckpointException(c.Layers[^1].File, $"{c.Layers[^1].Path}: num_block_repeats, strides and depth_coefficient make {repeats.Sum()} blocks in {repeats.Length} stages with {strides.Length} strides; the weights have {Blocks.Count} blocks. Get the model's own configuration.");
        var blocks = new List<EfficientNetBlock>();
        for (var s = 0; s < repeats.Length; s++)
            for (var i = 0; i < repeats[s]; i++)
                blocks.Add(Blocks[blocks.Count] with { Stride = i == 0 ? strides[s] : 1, Shortcut = i > 0, PadsEvenly = even.Contains(blocks.Count) });
        return blocks;
    }

    /// <summary>Tensors to spec; strides and the input size are not in the shapes: those of EfficientNet's seven stages and ALIGN's size, until a configuration says otherwise.</summary>
    public static EfficientNetSpec Infer(ModelTensors t)
    {
        var stem = (int)t.Shape("visual.stem.conv.weight", 4)[0];
        var (blocks, from, stage) = (new List<EfficientNetBlock>(), stem, -1);
        for (var i = 0; i < t.CountBlocks("visual.blocks."); i++)
        {
            var at = $"visual.blocks.{i}";
            var (filter, to) = (t.Shape(at + ".depthwise.conv.weight", 4), (int)t.Shape(at + ".project.conv.weight", 4)[0]);
            var first = i == 0 || to != from;
            if (first) stage++;
            blocks.Add(new(from, (int)filter[0], to, (int)filter[2], first && stage < _usualStrides.Length ? _usualStrides[stage] : 1, (int)t.Shape(at + ".squeeze.reduce.weight", 4)[0]) { Shortcut = !first });
            from = to;
        }
        return new(AlignSize, AlignSize, stem, blocks) { Projection = new(ProjectionKind.None, from, from) };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        .. Convolution("visual.stem", 3, Stem, 3),
        .. Blocks.SelectMany((b, i) => Block($"visual.blocks.{i}", b)),
    ];

    private static IEnumerable<ExpectedTensor> Block(string at, EfficientNetBlock b) =>
    [
        .. b.Widens ? Convolution(at + ".expand", b.In, b.Hidden, 1) : [],
        .. Convolution(at + ".depthwise", 1, b.Hidden, b.Kernel),
        .. ExpectedTensor.BiasedConv(at + ".squeeze.reduce", b.Hidden, b.Squeezed, 1),
        .. ExpectedTensor.BiasedConv(at + ".squeeze.expand", b.Squeezed, b.Hidden, 1),
        .. Convolution(at + ".project", b.Hidden, b.Out, 1),
    ];

    /// <summary>A convolution without bias and the batch norm behind it.</summary>
    private static IEnumerable<ExpectedTensor> Convolution(string at, int from, int to, int kernel) =>
        [ExpectedTensor.Conv(at + ".conv", from, to, kernel), .. ExpectedTensor.BatchNorm(at + ".bn", to)];
}
