namespace NClip.Images.Resize;

/// <summary>The two inner loops of the resize. All kernels give the same bytes; <see cref="ScalarKernel"/> is the definition.</summary>
internal abstract class ResampleKernel
{
    /// <summary>One row: <paramref name="target"/>[i] = round(sum of taps), <paramref name="channels"/> (1 or 4) bytes a pixel.</summary>
    public abstract void Horizontal(ReadOnlySpan<byte> row, int channels, AxisWeights weights, Span<byte> target);

    /// <summary>One output row from <paramref name="weights"/>.Length rows that lie <paramref name="stride"/> bytes apart.</summary>
    public abstract void Vertical(ReadOnlySpan<byte> rows, int stride, ReadOnlySpan<int> weights, Span<byte> target);
}
