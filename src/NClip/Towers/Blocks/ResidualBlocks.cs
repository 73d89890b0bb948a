namespace NClip.Towers.Blocks;

/// <summary>The residual blocks of convolutional towers, whose norms are batch norms.</summary>
internal static class ResidualBlocks
{
    /// <summary>1x1, 3x3, 1x1. CLIP's strides are average pools behind the 3x3 and before the shortcut's convolution; the plain ResNet's are in the 3x3 and in the shortcut.</summary>
    public static T Bottleneck<T>(IOperators<T> ops, Scope<T> w, T x, int stride, bool downsample, bool antiAliased)
        where T : class
    {
        var step = antiAliased ? 1 : stride;
        var y = ops.Relu(ops.BatchNorm(ops.Conv(x, w["conv1"]), w["bn1"]));
        y = ops.Relu(ops.BatchNorm(ops.Conv(y, w["conv2"], stride: step, padding: 1), w["bn2"]));
        if (antiAliased && stride > 1) y = ops.AveragePool(y, stride, stride);
        y = ops.BatchNorm(ops.Conv(y, w["conv3"]), w["bn3"]);
        return ops.Relu(ops.Add(y, Shortcut(ops, w, x, stride, downsample, antiAliased)));
    }

    /// <summary>3x3, 3x3.</summary>
    public static T Basic<T>(IOperators<T> ops, Scope<T> w, T x, int stride, bool downsample)
        where T : class
    {
        var y = ops.Relu(ops.BatchNorm(ops.Conv(x, w["conv1"], stride: stride, padding: 1), w["bn1"]));
        y = ops.BatchNorm(ops.Conv(y, w["conv2"], padding: 1), w["bn2"]);
        return ops.Relu(ops.Add(y, Shortcut(ops, w, x, stride, downsample, antiAliased: false)));
    }

    private static T Shortcut<T>(IOperators<T> ops, Scope<T> w, T x, int stride, bool downsample, bool antiAliased)
        where T : class
    {
        if (!downsample) return x;
        if (antiAliased && stride > 1) x = ops.AveragePool(x, stride, stride);
        return ops.BatchNorm(ops.Conv(x, w["downsample"]["0"], stride: antiAliased ? 1 : stride), w["downsample"]["1"]);
    }
}
