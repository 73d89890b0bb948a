using System.Numerics.Tensors;

namespace NClip.Search.Vectors;

/// <summary>A vector as one byte a value: x ~ scale * code. The first pass of a scan reads a quarter of the bytes and ranks by these.</summary>
internal static class Code
{
    /// <summary>Writes the codes and gives their scale and |x - scale * code|, the most that one can be off (times the query's length).</summary>
    public static (float Scale, float Error) Write(ReadOnlySpan<float> x, Span<sbyte> codes)
    {
        var most = x.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(x));
        codes.Clear();
        if (most == 0) return (0, 0);
        var (scale, error) = (most / 127, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            codes[i] = (sbyte)MathF.Round(x[i] / scale);
            var off = x[i] - (scale * codes[i]);
            error += (double)off * off;
        }
        return (scale, (float)Math.Sqrt(error));
    }
}
