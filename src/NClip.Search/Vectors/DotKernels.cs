using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NClip.Search.Vectors;

/// <summary>
/// Dot products of rows with several queries at once: a row is read from memory once. Strides are multiples of 64 bytes, and what lies between a row's end and the
/// next row is zero, so no kernel has a rest to care for. The plain loops are the definition. Compiled at once: a search is over before the quick code would come.
/// </summary>
internal static unsafe class DotKernels
{
    /// <summary>Whether the plain loops are taken; for tests.</summary>
    internal enum Form { Quick, Plain }

    /// <summary>scores[r * n + q] = rows[r] . queries[q].</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="stride">Values from row to row, and from query to query.</param>
    /// <param name="count">Rows.</param>
    /// <param name="queries">The first query.</param>
    /// <param name="n">Queries.</param>
    /// <param name="scores">[count, n].</param>
    /// <param name="form">Which code.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Values(float* rows, int stride, int count, float* queries, int n, float* scores, Form form = Form.Quick)
    {
        for (var r = 0; r < count; r++, rows += stride, scores += n)
        {
            var q = 0;
            if (form == Form.Quick)
            {
                for (; q + 8 <= n; q += 8) Eight(rows, stride, queries + ((long)q * stride), scores + q);
                for (; q + 2 <= n; q += 2) Two(rows, stride, queries + ((long)q * stride), scores + q);
                for (; q < n; q++) scores[q] = One(rows, stride, queries + ((long)q * stride));
            }
            for (; q < n; q++) scores[q] = Plain(rows, stride, queries + ((long)q * stride));
        }
    }

    /// <summary>scores[r * n + q] = rows[r] . queries[q], in whole numbers; queries have at most 12 bits, so no sum overflows below 8,192 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Codes(sbyte* rows, int stride, int count, short* queries, int n, int* scores, Form form = Form.Quick)
    {
        for (var r = 0; r < count; r++, rows += stride, scores += n)
        {
            var q = 0;
            if (form == Form.Quick && Avx2.IsSupported)
            {
                for (; q + 4 <= n; q += 4) FourAvx2(rows, stride, queries + ((long)q * stride), scores + q);
                for (; q < n; q++) scores[q] = OneAvx2(rows, stride, queries + ((long)q * stride));
            }
            else if (form == Form.Quick)
            {
                for (; q < n; q++) scores[q] = One(rows, stride, queries + ((long)q * stride));
            }
            for (; q < n; q++) scores[q] = Plain(rows, stride, queries + ((long)q * stride));
        }
    }

    private static float Plain(float* row, int length, float* query)
    {
        var sum = 0f;
        for (var i = 0; i < length; i++) sum += row[i] * query[i];
        return sum;
    }

    private static int Plain(sbyte* row, int length, short* query)
    {
        var sum = 0;
        for (var i = 0; i < length; i++) sum += row[i] * query[i];
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float One(float* row, int length, float* query)
    {
        var (a, b, i) = (Vector<float>.Zero, Vector<float>.Zero, 0);
        for (; i <= length - (2 * Vector<float>.Count); i += 2 * Vector<float>.Count)
        {
            a = Vector.FusedMultiplyAdd(Vector.Load(row + i), Vector.Load(query + i), a);
            b = Vector.FusedMultiplyAdd(Vector.Load(row + i + Vector<float>.Count), Vector.Load(query + i + Vector<float>.Count), b);
        }
        for (; i < length; i += Vector<float>.Count) a = Vector.FusedMultiplyAdd(Vector.Load(row + i), Vector.Load(query + i), a);
        return Vector.Sum(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(float* row, int length, float* query, float* scores)
    {
        var (a, b) = (Vector<float>.Zero, Vector<float>.Zero);
        var other = query + length;
        for (var i = 0; i < length; i += Vector<float>.Count)
        {
            var x = Vector.Load(row + i);
            a = Vector.FusedMultiplyAdd(x, Vector.Load(query + i), a);
            b = Vector.FusedMultiplyAdd(x, Vector.Load(other + i), b);
        }
        scores[0] = Vector.Sum(a);
        scores[1] = Vector.Sum(b);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(float* row, int length, float* query, float* scores)
    {
        var (a, b, c, d) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        var (e, f, g, h) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        for (var i = 0; i < length; i += Vector<float>.Count)
        {
            var x = Vector.Load(row + i);
            var q = query + i;
            a = Vector.FusedMultiplyAdd(x, Vector.Load(q), a);
            b = Vector.FusedMultiplyAdd(x, Vector.Load(q + length), b);
            c = Vector.FusedMultiplyAdd(x, Vector.Load(q + (2L * length)), c);
            d = Vector.FusedMultiplyAdd(x, Vector.Load(q + (3L * length)), d);
            e = Vector.FusedMultiplyAdd(x, Vector.Load(q + (4L * length)), e);
            f = Vector.FusedMultiplyAdd(x, Vector.Load(q + (5L * length)), f);
            g = Vector.FusedMultiplyAdd(x, Vector.Load(q + (6L * length)), g);
            h = Vector.FusedMultiplyAdd(x, Vector.Load(q + (7L * length)), h);
        }
        (scores[0], scores[1], scores[2], scores[3]) = (Vector.Sum(a), Vector.Sum(b), Vector.Sum(c), Vector.Sum(d));
        (scores[4], scores[5], scores[6], scores[7]) = (Vector.Sum(e), Vector.Sum(f), Vector.Sum(g), Vector.Sum(h));
    }

    // Products of pairs, added in 32 bits: vpmaddwd.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int OneAvx2(sbyte* row, int length, short* query)
    {
        var (a, b) = (Vector256<int>.Zero, Vector256<int>.Zero);
        for (var i = 0; i < length; i += 32)
        {
            a += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(row + i), Vector256.Load(query + i));
            b += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(row + i + 16), Vector256.Load(query + i + 16));
        }
        return Vector256.Sum(a + b);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourAvx2(sbyte* row, int length, short* query, int* scores)
    {
        var (a, b, c, d) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
        for (var i = 0; i < length; i += 16)
        {
            var x = Avx2.ConvertToVector256Int16(row + i);
            var q = query + i;
            a += Avx2.MultiplyAddAdjacent(x, Vector256.Load(q));
            b += Avx2.MultiplyAddAdjacent(x, Vector256.Load(q + length));
            c += Avx2.MultiplyAddAdjacent(x, Vector256.Load(q + (2L * length)));
            d += Avx2.MultiplyAddAdjacent(x, Vector256.Load(q + (3L * length)));
        }
        (scores[0], scores[1], scores[2], scores[3]) = (Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
    }

    // Processors of other kinds.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int One(sbyte* row, int length, short* query)
    {
        var sum = Vector128<int>.Zero;
        for (var i = 0; i < length; i += 16)
        {
            var (low, high) = Vector128.Widen(Vector128.Load(row + i));
            var (a, b) = (Vector128.Load(query + i), Vector128.Load(query + i + 8));
            var ((l0, l1), (h0, h1)) = (Vector128.Widen(low), Vector128.Widen(high));
            var ((a0, a1), (b0, b1)) = (Vector128.Widen(a), Vector128.Widen(b));
            sum += (l0 * a0) + (l1 * a1) + (h0 * b0) + (h1 * b1);
        }
        return Vector128.Sum(sum);
    }
}
