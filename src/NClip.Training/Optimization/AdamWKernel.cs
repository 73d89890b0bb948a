using System.Numerics;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace NClip.Training.Optimization;

/// <summary>The numbers of one update that are the same for every element of a tensor.</summary>
/// <param name="Keep">1 - rate · decay, on the weight.</param>
/// <param name="Move">rate / (1 - β₁ᵏ).</param>
/// <param name="Shrink">Factor on the gradient.</param>
/// <param name="Beta1">Decay of the mean.</param>
/// <param name="Beta2">Decay of the variance.</param>
/// <param name="Correct2">1 - β₂ᵏ.</param>
/// <param name="Epsilon">Added to the root of the variance.</param>
internal readonly record struct AdamWNumbers(double Keep, double Move, double Shrink, double Beta1, double Beta2, double Correct2, double Epsilon);

/// <summary>AdamW's arithmetic in one pass over memory, where torch's operators take ten. Element by element, so the result does not depend on the threads.</summary>
internal static unsafe class AdamWKernel
{
    private const int Piece = 1 << 15, SumPiece = 1 << 12;

    /// <summary>Sum of the squares, added up in float64.</summary>
    public static double Squares(Tensor x)
    {
        using var dense = x.contiguous();
        return dense.dtype == ScalarType.Float64 ? Sum<double>(dense) : Sum<float>(dense);
    }

    /// <summary>Updates weight, mean and variance, and clears the gradient.</summary>
    public static void Update(Tensor weight, Tensor gradient, Tensor mean, Tensor variance, AdamWNumbers n)
    {
        using var dense = gradient.contiguous();
        if (weight.dtype == ScalarType.Float64) Update<double>(weight, dense, mean, variance, n);
        else Update<float>(weight, dense, mean, variance, n);
        gradient.zero_();
    }

    private static void Update<T>(Tensor weight, Tensor gradient, Tensor mean, Tensor variance, AdamWNumbers n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var count = weight.NumberOfElements;
        var (p, g, m, v) = (At<T>(weight), At<T>(gradient), At<T>(mean), At<T>(variance));
        void One(long piece)
        {
            var from = piece * Piece;
            Piecewise<T>((T*)p + from, (T*)g + from, (T*)m + from, (T*)v + from, (int)Math.Min(Piece, count - from), n);
        }
        var pieces = (count + Piece - 1) / Piece;
        if (pieces < 4) for (var i = 0L; i < pieces; i++) One(i);
        else Parallel.For(0, pieces, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, One);
    }

    private static void Piecewise<T>(T* p, T* g, T* m, T* v, int count, AdamWNumbers n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T Of(double x) => T.CreateTruncating(x);
        var (keep, move, shrink, b1, b2, epsilon, root2) = (Of(n.Keep), Of(n.Move), Of(n.Shrink), Of(n.Beta1), Of(n.Beta2), Of(n.Epsilon), Of(1 / Math.Sqrt(n.Correct2)));
        var (a1, a2) = (Of(1 - n.Beta1), Of(1 - n.Beta2));
        var (width, i) = (Vector<T>.Count, 0);
        var (vKeep, vMove, vShrink, vB1, vB2, vEpsilon, vRoot2, vA1, vA2) = (new Vector<T>(keep), new Vector<T>(move), new Vector<T>(shrink), new Vector<T>(b1), new Vector<T>(b2), new Vector<T>(epsilon), new Vector<T>(root2), new Vector<T>(a1), new Vector<T>(a2));
        for (; i <= count - width; i += width)
        {
            var gradient = Vector.Load(g + i) * vShrink;
            var mean = (Vector.Load(m + i) * vB1) + (gradient * vA1);
            var variance = (Vector.Load(v + i) * vB2) + (gradient * gradient * vA2);
            mean.Store(m + i);
            variance.Store(v + i);
            ((Vector.Load(p + i) * vKeep) - (vMove * mean / ((Vector.SquareRoot(variance) * vRoot2) + vEpsilon))).Store(p + i);
        }
        for (; i < count; i++)
        {
            var gradient = g[i] * shrink;
            m[i] = (m[i] * b1) + (gradient * a1);
            v[i] = (v[i] * b2) + (gradient * gradient * a2);
            p[i] = (p[i] * keep) - (move * m[i] / ((T.Sqrt(v[i]) * root2) + epsilon));
        }
    }

    private static double Sum<T>(Tensor x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (count, sum) = (x.NumberOfElements, 0.0);
        var at = (T*)At<T>(x);
        for (var from = 0L; from < count; from += SumPiece)
            sum += double.CreateTruncating(TensorPrimitives.SumOfSquares(new ReadOnlySpan<T>(at + from, (int)Math.Min(SumPiece, count - from))));
        return sum;
    }

    private static nint At<T>(Tensor x)
        where T : unmanaged
    {
        fixed (byte* bytes = x.bytes) return (nint)bytes; // native memory, which does not move
    }
}
