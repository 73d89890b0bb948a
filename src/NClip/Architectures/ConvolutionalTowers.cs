namespace NClip.Architectures;

/// <summary>Shapes of convolutional image towers -> their specs. The input size of those that end in a mean is not in the shapes: 224 until a configuration says otherwise.</summary>
internal static class ConvolutionalTowers
{
    private const int UsualSize = 224;

    /// <summary>First channels of MobileNetV2's stages stride by these. (Sandler et al. 2018, table 2)</summary>
    private static readonly int[] _mobileStrides = [1, 2, 2, 2, 1, 2, 1];

    /// <summary>The tower, or null where the tensors are no convolutional one's.</summary>
    public static ImageTowerSpec? Infer(ModelTensors t) =>
        t.Has("visual.layer1.0.conv1.weight") ? ModifiedResNet(t)
        : t.Has("visual.trunk.layer1.0.conv1.weight") ? ResNet(t)
        : t.Has("visual.trunk.stages.0.blocks.0.conv_dw.weight") ? ConvNext(t)
        : t.Has("visual.trunk.conv_stem.weight") ? MobileNetV2(t)
        : null;

    private static ModifiedResNetSpec ModifiedResNet(ModelTensors t)
    {
        var channels = (int)t.Shape("visual.conv3.weight", 4)[0];
        var grid = (int)Math.Round(Math.Sqrt(t.Shape("visual.attnpool.positional_embedding", 2)[0] - 1));
        return new(32 * grid, 32 * grid, [.. Enumerable.Range(1, 4).Select(s => t.CountBlocks($"visual.layer{s}."))], channels)
        {
            Projection = new(ProjectionKind.Linear, 32 * channels, (int)t.Shape("visual.attnpool.c_proj.weight", 2)[0]) { Bias = true },
        };
    }

    private static ResNetSpec ResNet(ModelTensors t)
    {
        var bottleneck = t.Has("visual.trunk.layer1.0.conv3.weight");
        int[] planes = [.. Enumerable.Range(1, 4).Select(s => (int)t.Shape($"visual.trunk.layer{s}.0.conv1.weight", 4)[0])];
        return new(UsualSize, UsualSize, (int)t.Shape("visual.trunk.conv1.weight", 4)[0], [.. Enumerable.Range(1, 4).Select(s => t.CountBlocks($"visual.trunk.layer{s}."))], planes, bottleneck)
        {
            Projection = ShapeInference.Projection(t, "visual.proj", planes[3] * (bottleneck ? 4 : 1)),
        };
    }

    private static ConvNextSpec ConvNext(ModelTensors t)
    {
        var stages = t.CountBlocks("visual.trunk.stages.");
        int[] channels = [.. Enumerable.Range(0, stages).Select(s => (int)t.Shape($"visual.trunk.stages.{s}.blocks.0.conv_dw.weight", 4)[0])];
        return new(UsualSize, UsualSize, [.. Enumerable.Range(0, stages).Select(s => t.CountBlocks($"visual.trunk.stages.{s}.blocks."))], channels)
        {
            Projection = ShapeInference.Projection(t, "visual.proj", channels[^1]),
        };
    }

    private static MobileNetV2Spec MobileNetV2(ModelTensors t)
    {
        var stem = (int)t.Shape("visual.trunk.conv_stem.weight", 4)[0];
        var (blocks, from) = (new List<InvertedResidual>(), stem);
        for (var s = 0; s < t.CountBlocks("visual.trunk.blocks."); s++)
        {
            for (var i = 0; i < t.CountBlocks($"visual.trunk.blocks.{s}."); i++)
            {
                var at = $"visual.trunk.blocks.{s}.{i}";
                var hidden = (int)t.Shape(at + ".conv_dw.weight", 4)[0];
                var to = (int)t.Shape(at + (hidden == from ? ".conv_pw.weight" : ".conv_pwl.weight"), 4)[0];
                blocks.Add(new($"{s}.{i}", from, hidden, to, i == 0 ? _mobileStrides[Math.Min(s, _mobileStrides.Length - 1)] : 1));
                from = to;
            }
        }
        var head = (int)t.Shape("visual.trunk.conv_head.weight", 4)[0];
        return new(UsualSize, UsualSize, stem, blocks, head)
        {
            Projection = ShapeInference.Projection(t, "visual.proj", head),
            Classes = t.Has("visual.head.class_proj.weight") ? (int)t.Shape("visual.head.class_proj.weight", 2)[1] : 0,
        };
    }
}
