using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>What a block of MobileNetEdgeTPU begins with, before the 1x1 convolution that ends it.</summary>
internal enum EdgeBlockKind
{
    /// <summary>Nothing: it only narrows.</summary>
    Narrowing,

    /// <summary>One dense convolution that widens and filters.</summary>
    Fused,

    /// <summary>A 1x1 convolution that widens, and one that filters each channel.</summary>
    Depthwise,
}

/// <summary>A block of MobileNetEdgeTPU.</summary>
/// <param name="Kind">What it begins with.</param>
/// <param name="In">Channels in.</param>
/// <param name="Hidden">Channels in between.</param>
/// <param name="Out">Channels out.</param>
/// <param name="Kernel">Side of the filter.</param>
/// <param name="Stride">Of the filter.</param>
/// <param name="Shortcut">The input is added to the output.</param>
internal sealed record EdgeBlock(EdgeBlockKind Kind, int In, int Hidden, int Out, int Kernel, int Stride, bool Shortcut);

/// <summary>MobileNetEdgeTPU 1.0, batch norm folded into the convolutions, TensorFlow's SAME padding, each ReLU with an upper end of its own.</summary>
internal sealed record MobileNetEdgeSpec(int Height, int Width, int Stem, IReadOnlyList<EdgeBlock> Blocks, int Head) : ClassifiedTrunkSpec(Height, Width, Head)
{
    private const string Trunk = "visual.trunk.";

    /// <summary>Blocks that begin a stage, and their strides; the others have stride 1 and a shortcut. The fourth stage keeps size and width, so shapes do not show it.</summary>
    private static readonly Dictionary<int, int> _stages = new() { [0] = 1, [1] = 2, [5] = 2, [9] = 2, [13] = 1, [17] = 2, [21] = 1 };

    /// <inheritdoc/>
    public override string Title => $"MobileNetEdgeTPU, {Blocks.Count} blocks, {Head} channels";

    /// <inheritdoc/>
    public override T Pool<T>(IOperators<T> ops, Scope<T> w, T pixels) => MobileNetEdge.Pool(ops, this, w, pixels);

    /// <summary>Whether a checkpoint has such a trunk: blocks are numbered through, where timm's have two numbers.</summary>
    public static bool Recognise(ModelTensors t) => t.Has(Trunk + "conv_stem.cap") && t.Has(Trunk + "blocks.0.conv_pwl.weight");

    /// <summary>Tensors to spec; strides and the input size are not in the shapes.</summary>
    public static MobileNetEdgeSpec Infer(ModelTensors t)
    {
        var stem = (int)t.Shape(Trunk + "conv_stem.weight", 4)[0];
        var (blocks, from) = (new List<EdgeBlock>(), stem);
        for (var i = 0; i < t.CountBlocks(Trunk + "blocks."); i++)
        {
            var at = $"{Trunk}blocks.{i}.";
            var kind = t.Has(at + "conv_exp.weight") ? EdgeBlockKind.Fused : t.Has(at + "conv_dw.weight") ? EdgeBlockKind.Depthwise : EdgeBlockKind.Narrowing;
            var filter = kind == EdgeBlockKind.Narrowing ? [from, 0, 1, 1] : t.Shape(at + (kind == EdgeBlockKind.Fused ? "conv_exp.weight" : "conv_dw.weight"), 4);
            var to = (int)t.Shape(at + "conv_pwl.weight", 4)[0];
            blocks.Add(new(kind, from, (int)filter[0], to, (int)filter[2], _stages.GetValueOrDefault(i, 1), !_stages.ContainsKey(i)));
            from = to;
        }
        var head = (int)t.Shape(Trunk + "conv_head.weight", 4)[0];
        return new(UsualSize, UsualSize, stem, blocks, head) { Projection = ProjectionSpec.Infer(t, "visual.proj", head), Classes = ClassesIn(t) };
    }

    /// <inheritdoc/>
    protected override IEnumerable<ExpectedTensor> TrunkTensors() =>
        [.. Capped(Trunk + "conv_stem", 3, Stem, 3), .. Blocks.SelectMany((b, i) => Block(b, $"{Trunk}blocks.{i}.")), .. Capped(Trunk + "conv_head", Blocks[^1].Out, Head, 1)];

    private static IEnumerable<ExpectedTensor> Block(EdgeBlock b, string at) =>
    [
        .. b.Kind switch
        {
            EdgeBlockKind.Narrowing => [],
            EdgeBlockKind.Fused => Capped(at + "conv_exp", b.In, b.Hidden, b.Kernel),
            _ => (IEnumerable<ExpectedTensor>)[.. Capped(at + "conv_pw", b.In, b.Hidden, 1), .. Capped(at + "conv_dw", 1, b.Hidden, b.Kernel)],
        },
        .. ExpectedTensor.BiasedConv(at + "conv_pwl", b.Hidden, b.Out, 1),
    ];

    private static IEnumerable<ExpectedTensor> Capped(string name, int from, int to, int kernel) => [.. ExpectedTensor.BiasedConv(name, from, to, kernel), new(name + ".cap", [])];
}
