namespace NClip.Images.Resize;

/// <summary>The plain loops: what a resized pixel is.</summary>
internal sealed class ScalarKernel : ResampleKernel
{
    public override void Horizontal(ReadOnlySpan<byte> row, int channels, AxisWeights weights, Span<byte> target)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            var start = weights.Start[i];
            var w = weights.FixedOf(i);
            for (var c = 0; c < channels; c++)
            {
                var sum = 1 << (AxisWeights.FractionBits - 1);
                for (var t = 0; t < w.Length; t++) sum += row[((start + t) * channels) + c] * w[t];
                target[(i * channels) + c] = ToByte(sum);
            }
        }
    }

    public override void Vertical(ReadOnlySpan<byte> rows, int stride, ReadOnlySpan<int> weights, Span<byte> target)
    {
        for (var x = 0; x < target.Length; x++)
        {
            var sum = 1 << (AxisWeights.FractionBits - 1);
            for (var t = 0; t < weights.Length; t++) sum += rows[(t * stride) + x] * weights[t];
            target[x] = ToByte(sum);
        }
    }

    public static byte ToByte(int sum) => (byte)Math.Clamp(sum >> AxisWeights.FractionBits, 0, 255);
}
