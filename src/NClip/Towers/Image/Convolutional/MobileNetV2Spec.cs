using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>A block of MobileNetV2: widen, filter each channel, narrow.</summary>
/// <param name="Name">Its place among the tensors, "0.0".</param>
/// <param name="In">Channels in.</param>
/// <param name="Hidden">Channels in between; equal to <paramref name="In"/>: nothing is widened.</param>
/// <param name="Out">Channels out.</param>
/// <param name="Stride">Of the depthwise convolution.</param>
internal sealed record InvertedResidual(string Name, int In, int Hidden, int Out, int Stride)
{
    /// <summary>The block starts with a 1x1 convolution.</summary>
    public bool Widens => Hidden != In;

    /// <summary>The input is added to the output.</summary>
    public bool Shortcut => Stride == 1 && In == Out;
}

/// <summary>MobileNetV2 as timm names it, batch norm folded into the convolutions, TensorFlow's SAME padding. (Sandler et al. 2018, table 2)</summary>
internal sealed record MobileNetV2Spec(int Height, int Width, int Stem, IReadOnlyList<InvertedResidual> Blocks, int Head) : ClassifiedTrunkSpec(Height, Width, Head)
{
    /// <inheritdoc/>
    public override string Title => $"MobileNetV2, {Blocks.Count} blocks, {Head} channels";

    /// <inheritdoc/>
    public override T Pool<T>(IOperators<T> ops, Scope<T> w, T pixels) => MobileNetV2.Pool(ops, this, w, pixels);

    /// <summary>Tensors to spec; strides (Sandler et al. 2018, table 2) and the input size are not in the shapes.</summary>
    public static MobileNetV2Spec Infer(ModelTensors t)
    {
        int[] strides = [1, 2, 2, 2, 1, 2, 1];
        var stem = (int)t.Shape("visual.trunk.conv_stem.weight", 4)[0];
        var (blocks, from) = (new List<InvertedResidual>(), stem);
        for (var s = 0; s < t.CountBlocks("visual.trunk.blocks."); s++)
        {
            for (var i = 0; i < t.CountBlocks($"visual.trunk.blocks.{s}."); i++)
            {
                var at = $"visual.trunk.blocks.{s}.{i}";
                var hidden = (int)t.Shape(at + ".conv_dw.weight", 4)[0];
                var to = (int)t.Shape(at + (hidden == from ? ".conv_pw.weight" : ".conv_pwl.weight"), 4)[0];
                blocks.Add(new($"{s}.{i}", from, hidden, to, i == 0 ? strides[Math.Min(s, strides.Length - 1)] : 1));
                from = to;
            }
        }
        var head = (int)t.Shape("visual.trunk.conv_head.weight", 4)[0];
        return new(UsualSize, UsualSize, stem, blocks, head)
        {
            Projection = ProjectionSpec.Infer(t, "visual.proj", head),
            Classes = ClassesIn(t),
        };
    }

    /// <inheritdoc/>
    protected override IEnumerable<ExpectedTensor> TrunkTensors() =>
    [
        .. ExpectedTensor.BiasedConv("visual.trunk.conv_stem", 3, Stem, 3),
        .. Blocks.SelectMany(Block),
        .. ExpectedTensor.BiasedConv("visual.trunk.conv_head", Blocks[^1].Out, Head, 1),
    ];

    private static IEnumerable<ExpectedTensor> Block(InvertedResidual b)
    {
        var at = $"visual.trunk.blocks.{b.Name}";
        return
        [
            .. b.Widens ? ExpectedTensor.BiasedConv(at + ".conv_pw", b.In, b.Hidden, 1) : [],
            .. ExpectedTensor.BiasedConv(at + ".conv_dw", 1, b.Hidden, 3),
            .. ExpectedTensor.BiasedConv(at + (b.Widens ? ".conv_pwl" : ".conv_pw"), b.Hidden, b.Out, 1),
        ];
    }
}
