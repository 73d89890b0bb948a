using static TorchSharp.torch;

namespace NClip.Training.Towers;

/// <summary>Image trunk: MobileNetV2 1.0 (Sandler et al. 2018), batch norm folded into the convolutions, TensorFlow's SAME padding, ReLU6, timm's tensor names.</summary>
/// <remarks>Pixels are (u8 - 127.5) / 127.5. The logits have a background class in front of ImageNet's 1000.</remarks>
internal sealed class MobileNetV2(ParameterStore weights, string prefix)
{
    /// <summary>Channels of the pooled features.</summary>
    public const int Width = 1280;

    /// <summary>Expansion, output channels, blocks, stride of the first block, for each stage (table 2 of the paper).</summary>
    private static readonly (int Expansion, int Channels, int Blocks, int Stride)[] _stages =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    /// <summary>Pixels [N, 3, S, S] to pooled features [N, 1280], S a multiple of 32.</summary>
    public Tensor Forward(Tensor pixels)
    {
        var x = Convolve(pixels, "conv_stem", stride: 2, activate: true);
        var channels = 32;
        for (var s = 0; s < _stages.Length; s++)
            for (var b = 0; b < _stages[s].Blocks; b++)
            {
                var (stage, stride) = (_stages[s], b == 0 ? _stages[s].Stride : 1);
                var y = x;
                if (stage.Expansion > 1) y = Convolve(y, $"blocks.{s}.{b}.conv_pw", activate: true);
                y = Convolve(y, $"blocks.{s}.{b}.conv_dw", stride, groups: channels * stage.Expansion, activate: true);
                y = Convolve(y, stage.Expansion > 1 ? $"blocks.{s}.{b}.conv_pwl" : $"blocks.{s}.{b}.conv_pw");
                x = stride == 1 && channels == stage.Channels ? x + y : y;
                channels = stage.Channels;
            }
        return Convolve(x, "conv_head", activate: true).mean([2, 3]);
    }

    /// <summary>Pooled features [N, 1280] to logits [N, 1001], 0 = background.</summary>
    public Tensor Classify(Tensor pooled) => nn.functional.linear(pooled, weights[$"{prefix}classifier.weight"], weights[$"{prefix}classifier.bias"]);

    private Tensor Convolve(Tensor x, string name, int stride = 1, int groups = 1, bool activate = false)
    {
        var (w, b) = (weights[$"{prefix}{name}.weight"], weights[$"{prefix}{name}.bias"]);
        var k = (int)w.shape[2];
        long[] padding = [k / 2, k / 2];
        if (stride > 1)
        {
            // SAME puts the odd pixel behind: nothing in front of an even side.
            var (h, v) = (Total(x.shape[3], k, stride), Total(x.shape[2], k, stride));
            x = nn.functional.pad(x, [h / 2, h - h / 2, v / 2, v - v / 2]);
            padding = [0, 0];
        }
        var y = nn.functional.conv2d(x, w, b, strides: [stride, stride], padding: padding, groups: groups);
        return activate ? nn.functional.relu6(y, inplace: true) : y;
    }

    private static long Total(long size, int kernel, int stride) => Math.Max(((size + stride - 1) / stride - 1) * stride + kernel - size, 0);
}
