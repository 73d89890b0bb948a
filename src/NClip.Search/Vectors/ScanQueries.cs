using System.Numerics.Tensors;

namespace NClip.Search.Vectors;

/// <summary>The queries of a scan as its kernels want them: rows of the segments' strides with zeros behind, as float32 and as whole numbers of 12 bits.</summary>
internal sealed class ScanQueries
{
    private const int Largest = 2047;

    /// <param name="queries">[N, D].</param>
    /// <param name="layout">Of the segments; one gallery's have the same strides in each plane.</param>
    public ScanQueries(Matrix queries, SegmentLayout layout)
    {
        (Queries, Stride, CodeStride) = (queries, (layout with { Kind = VectorStorage.Float32 }).VectorStride / sizeof(float), layout.CodeStride);
        (Values, Codes, Scales, Errors) = (new float[queries.Rows * Stride], new short[queries.Rows * CodeStride], new float[queries.Rows], new float[queries.Rows]);
        for (var q = 0; q < queries.Rows; q++)
        {
            queries.Row(q).CopyTo(Values.AsSpan(q * Stride));
            (Scales[q], Errors[q]) = Round(queries.Row(q), Codes.AsSpan(q * CodeStride));
        }
    }

    /// <summary>The queries themselves.</summary>
    public Matrix Queries { get; }

    /// <summary>How many.</summary>
    public int Count => Queries.Rows;

    /// <summary>Values from query to query of <see cref="Values"/>.</summary>
    public int Stride { get; }

    /// <summary>Values from query to query of <see cref="Codes"/>.</summary>
    public int CodeStride { get; }

    /// <summary>As float32.</summary>
    public float[] Values { get; }

    /// <summary>Divided by <see cref="Scales"/> and rounded.</summary>
    public short[] Codes { get; }

    /// <summary>What codes are multiplied with.</summary>
    public float[] Scales { get; }

    /// <summary>How far the codes are from the query.</summary>
    public float[] Errors { get; }

    private static (float Scale, float Error) Round(ReadOnlySpan<float> x, Span<short> codes)
    {
        var most = Math.Abs(TensorPrimitives.MaxMagnitude(x));
        if (most == 0) return (0, 0);
        var (scale, error) = (most / Largest, 0.0);
        for (var i = 0; i < x.Length; i++)
        {
            codes[i] = (short)MathF.Round(x[i] / scale);
            var off = x[i] - (scale * codes[i]);
            error += (double)off * off;
        }
        return (scale, (float)Math.Sqrt(error));
    }
}
