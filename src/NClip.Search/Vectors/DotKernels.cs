using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NClip.Search.Vectors;

/// <summary>
/// Dot products of rows with several queries at once: a row is read from memory once, some rows stay in the nearest cache while all queries pass over them, and what is
/// loaded serves several products (two rows by four queries, four rows by one). Strides are multiples of 64 bytes, and what lies between a row's end and the next row is
/// zero, so no kernel has a rest to care for. The plain loops are the definition. Compiled at once: a search is over before the quick code would come.
/// </summary>
internal static unsafe class DotKernels
{
    private const int Tile = 16; // rows that stay in the nearest cache (8 to 32 kB)
    private const int Ahead = 4096; // bytes that are asked for before they are wanted

    /// <summary>Whether the plain loops are taken; for tests.</summary>
    internal enum Form { Quick, Plain }

    /// <summary>scores[q * count + r] = rows[r] . queries[q].</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="stride">Values from row to row, and from query to query.</param>
    /// <param name="count">Rows.</param>
    /// <param name="queries">The first query.</param>
    /// <param name="n">Queries.</param>
    /// <param name="scores">[n, count].</param>
    /// <param name="form">Which code.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Values(float* rows, int stride, int count, float* queries, int n, float* scores, Form form = Form.Quick)
    {
        for (var first = 0; first < count; first += Tile)
        {
            var (end, q) = (Math.Min(count, first + Tile), 0);
            for (; form == Form.Quick && count >= 2 && q + 4 <= n; q += 4)
                for (var r = first; r < end; r += 2)
                {
                    var at = Math.Min(r, count - 2); // of an odd number the last but one is computed twice
                    TwoByFour(rows + ((long)at * stride), stride, queries + ((long)q * stride), scores + ((long)q * count) + at, count);
                }
            for (; q < n; q++)
            {
                var query = queries + ((long)q * stride);
                var to = scores + ((long)q * count);
                for (var r = first; r < end; r++) to[r] = form == Form.Quick ? One(rows + ((long)r * stride), stride, query) : Plain(rows + ((long)r * stride), stride, query);
            }
        }
    }

    /// <summary>scores[q * count + r] = rows[r] . queries[q], in whole numbers; queries have at most 12 bits, so no sum overflows below 8,192 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Codes(sbyte* rows, int stride, int count, short* queries, int n, int* scores, Form form = Form.Quick)
    {
        var quick = form == Form.Quick && Avx2.IsSupported;
        for (var first = 0; first < count; first += Tile)
        {
            var (end, q) = (Math.Min(count, first + Tile), 0);
            for (; quick && count >= 2 && q + 4 <= n; q += 4)
                for (var r = first; r < end; r += 2)
                {
                    var at = Math.Min(r, count - 2);
                    TwoByFour(rows + ((long)at * stride), stride, queries + ((long)q * stride), scores + ((long)q * count) + at, count);
                }
            for (; q < n; q++)
            {
                var query = queries + ((long)q * stride);
                var to = scores + ((long)q * count);
                if (quick && count >= 4)
                {
                    for (var r = first; r < end; r += 4) Four(rows + ((long)Math.Min(r, count - 4) * stride), stride, query).Store(to + Math.Min(r, count - 4));
                    continue;
                }
                for (var r = first; r < end; r++) to[r] = form == Form.Quick ? One(rows + ((long)r * stride), stride, query) : Plain(rows + ((long)r * stride), stride, query);
            }
        }
    }

    // Several rows side by side are no order that a processor foresees: without this codes come at half the speed of memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(void* at)
    {
        if (Sse.IsSupported) Sse.Prefetch0((byte*)at + Ahead);
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

    // Eight sums in registers: six loads for eight products.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoByFour(float* row, int stride, float* query, float* scores, int count)
    {
        var (a, b, c, d) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        var (e, f, g, h) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        float* second = query + stride, third = second + stride, fourth = third + stride, next = row + stride;
        for (var i = 0; i < stride; i += Vector<float>.Count)
        {
            Fetch(row + (2 * i));
            var (x, y) = (Vector.Load(row + i), Vector.Load(next + i));
            var q = Vector.Load(query + i);
            (a, e) = (Vector.FusedMultiplyAdd(x, q, a), Vector.FusedMultiplyAdd(y, q, e));
            q = Vector.Load(second + i);
            (b, f) = (Vector.FusedMultiplyAdd(x, q, b), Vector.FusedMultiplyAdd(y, q, f));
            q = Vector.Load(third + i);
            (c, g) = (Vector.FusedMultiplyAdd(x, q, c), Vector.FusedMultiplyAdd(y, q, g));
            q = Vector.Load(fourth + i);
            (d, h) = (Vector.FusedMultiplyAdd(x, q, d), Vector.FusedMultiplyAdd(y, q, h));
        }
        (scores[0], scores[1]) = (Vector.Sum(a), Vector.Sum(e));
        scores += count;
        (scores[0], scores[1]) = (Vector.Sum(b), Vector.Sum(f));
        scores += count;
        (scores[0], scores[1]) = (Vector.Sum(c), Vector.Sum(g));
        scores += count;
        (scores[0], scores[1]) = (Vector.Sum(d), Vector.Sum(h));
    }

    // Products of pairs, added in 32 bits: vpmaddwd. (vpmaddubsw would want the query in two parts of 6 bits, and so twice the products.)
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector128<int> Four(sbyte* row, int stride, short* query)
    {
        var (a, b, c, d) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
        sbyte* second = row + stride, third = second + stride, fourth = third + stride;
        for (var i = 0; i < stride; i += 16)
        {
            Fetch(row + (4 * i));
            var q = Vector256.Load(query + i);
            a += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(row + i), q);
            b += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(second + i), q);
            c += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(third + i), q);
            d += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(fourth + i), q);
        }
        return Sums(a, b, c, d);
    }

    // Eight sums in registers: two rows are widened once for four queries.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoByFour(sbyte* row, int stride, short* query, int* scores, int count)
    {
        var (a, b, c, d) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
        var (e, f, g, h) = (Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero, Vector256<int>.Zero);
        short* second = query + stride, third = second + stride, fourth = third + stride;
        var next = row + stride;
        for (var i = 0; i < stride; i += 16)
        {
            Fetch(row + (2 * i));
            var (x, y) = (Avx2.ConvertToVector256Int16(row + i), Avx2.ConvertToVector256Int16(next + i));
            var q = Vector256.Load(query + i);
            (a, e) = (a + Avx2.MultiplyAddAdjacent(x, q), e + Avx2.MultiplyAddAdjacent(y, q));
            q = Vector256.Load(second + i);
            (b, f) = (b + Avx2.MultiplyAddAdjacent(x, q), f + Avx2.MultiplyAddAdjacent(y, q));
            q = Vector256.Load(third + i);
            (c, g) = (c + Avx2.MultiplyAddAdjacent(x, q), g + Avx2.MultiplyAddAdjacent(y, q));
            q = Vector256.Load(fourth + i);
            (d, h) = (d + Avx2.MultiplyAddAdjacent(x, q), h + Avx2.MultiplyAddAdjacent(y, q));
        }
        var (first, other) = (Sums(a, b, c, d), Sums(e, f, g, h));
        for (var k = 0; k < 4; k++, scores += count) (scores[0], scores[1]) = (first[k], other[k]);
    }

    private static Vector128<int> Sums(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d)
    {
        var halves = Avx2.HorizontalAdd(Avx2.HorizontalAdd(a, b), Avx2.HorizontalAdd(c, d));
        return halves.GetLower() + halves.GetUpper();
    }

    // Processors of other kinds, and fewer rows than four.
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
