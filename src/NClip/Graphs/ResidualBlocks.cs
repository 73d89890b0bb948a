namespace NClip.Graphs;

/// <summary>The residual blocks of convolutional towers, whose norms are batch norms.</summary>
internal static class ResidualBlocks
{
    /// <summary>1x1, 3x3, 1x1. CLIP's strides are average pools behind the 3x3 and before the shortcut's convolution; the plain ResNet's are in the 3x3 and in the shortcut.</summary>
    public static Value Bottleneck(GraphWriter g, Scope w, Value x, int stride, bool downsample, bool antiAliased)
    {
        var step = antiAliased ? 1 : stride;
        var y = g.Relu(g.BatchNorm(g.Conv(x, w["conv1"]), w["bn1"]));
        y = g.Relu(g.BatchNorm(g.Conv(y, w["conv2"], stride: step, padding: 1), w["bn2"]));
        if (antiAliased && stride > 1) y = g.AveragePool(y, stride);
        y = g.BatchNorm(g.Conv(y, w["conv3"]), w["bn3"]);
        return g.Relu(g.Add(y, Shortcut(g, w, x, stride, downsample, antiAliased)));
    }

    /// <summary>3x3, 3x3.</summary>
    public static Value Basic(GraphWriter g, Scope w, Value x, int stride, bool downsample)
    {
        var y = g.Relu(g.BatchNorm(g.Conv(x, w["conv1"], stride: stride, padding: 1), w["bn1"]));
        y = g.BatchNorm(g.Conv(y, w["conv2"], padding: 1), w["bn2"]);
        return g.Relu(g.Add(y, Shortcut(g, w, x, stride, downsample, antiAliased: false)));
    }

    private static Value Shortcut(GraphWriter g, Scope w, Value x, int stride, bool downsample, bool antiAliased)
    {
        if (!downsample) return x;
        if (antiAliased && stride > 1) x = g.AveragePool(x, stride);
        return g.BatchNorm(g.Conv(x, w["downsample"]["0"], stride: antiAliased ? 1 : stride), w["downsample"]["1"]);
    }
}
