using System.Numerics.Tensors;

namespace NClip.Foundation;

/// <summary>The few vector operations that features, classifiers and results share.</summary>
internal static class VectorMath
{
    /// <summary>x / |x|_2; zero stays zero.</summary>
    public static void Normalize(ReadOnlySpan<float> x, Span<float> destination)
    {
        var n = TensorPrimitives.Norm(x);
        if (n > 0) TensorPrimitives.Divide(x, n, destination);
        else destination.Clear();
    }

    /// <summary>exp(x - max) / sum; the sum is taken in double so that a thousand labels add up to one.</summary>
    public static void Softmax(ReadOnlySpan<float> x, Span<float> destination)
    {
        if (x.IsEmpty) return;
        var max = TensorPrimitives.Max(x);
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++) sum += destination[i] = MathF.Exp(x[i] - max);
        for (var i = 0; i < x.Length; i++) destination[i] = (float)(destination[i] / sum);
    }
}
