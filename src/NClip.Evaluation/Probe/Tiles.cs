using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NClip.Evaluation;

/// <summary>Products of matrices in tiles of six rows by two vectors, which stay in registers (Goto and van de Geijn 2008). Buffers are padded, so that no tile is cut.</summary>
internal static class Tiles
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 6;

    /// <summary>Columns of a tile.</summary>
    public static int Columns<T>() => Vector512.IsHardwareAccelerated ? 2 * Vector512<T>.Count : 2 * Vector256<T>.Count;

    /// <summary>A length rounded up to whole tiles' columns.</summary>
    public static int Padded<T>(int columns) => (columns + Columns<T>() - 1) / Columns<T>() * Columns<T>();

    /// <summary>A number rounded up to whole tiles' rows.</summary>
    public static int PaddedRows(int rows) => (rows + Rows - 1) / Rows * Rows;

    /// <summary>c += a b, where element (i, p) of a is at <c>i * aRow + p * aStep</c>. a and c have room for <see cref="PaddedRows"/> of <paramref name="rows"/>, b and c for <see cref="Padded"/> of <paramref name="columns"/>; what the padding of c holds afterwards means nothing.</summary>
    /// <param name="rows">Rows of c.</param>
    /// <param name="columns">Columns of c.</param>
    /// <param name="depth">Products in each sum.</param>
    /// <param name="a">First factor.</param>
    /// <param name="aRow">Distance of two rows of it.</param>
    /// <param name="aStep">Distance of two columns of it.</param>
    /// <param name="b">Second factor [depth, bRow].</param>
    /// <param name="bRow">Length of a row of it.</param>
    /// <param name="c">The sum [rows, cRow].</param>
    /// <param name="cRow">Length of a row of it.</param>
    public static void AddProduct<T>(int rows, int columns, int depth, ReadOnlySpan<T> a, int aRow, int aStep, ReadOnlySpan<T> b, int bRow, Span<T> c, int cRow) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (m, n) = (PaddedRows(rows), Padded<T>(columns));
        if (rows == 0 || columns == 0 || depth == 0) return;
        // The last element that each loop touches lies inside: the tiles read without further checks.
        _ = a[((m - 1) * aRow) + ((depth - 1) * aStep)];
        _ = b[((depth - 1) * bRow) + n - 1];
        _ = c[((m - 1) * cRow) + n - 1];
        for (var j = 0; j < n; j += Columns<T>())
            for (var i = 0; i < m; i += Rows)
            {
                ref var a0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(a), (nint)i * aRow);
                ref var b0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(b), j);
                ref var c0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(c), ((nint)i * cRow) + j);
                if (Vector512.IsHardwareAccelerated) Wide(depth, ref a0, aRow, aStep, ref b0, bRow, ref c0, cRow);
                else Narrow(depth, ref a0, aRow, aStep, ref b0, bRow, ref c0, cRow);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide<T>(int depth, ref T a, nint aRow, nint aStep, ref T b, nint bRow, ref T c, nint cRow) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector512<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (var p = 0; p < depth; p++)
        {
            var b0 = Vector512.LoadUnsafe(ref b);
            var b1 = Vector512.LoadUnsafe(ref b, (nuint)Vector512<T>.Count);
            var x = Vector512.Create(a);
            (c00, c01) = (Sum(x, b0, c00), Sum(x, b1, c01));
            x = Vector512.Create(Unsafe.Add(ref a, aRow));
            (c10, c11) = (Sum(x, b0, c10), Sum(x, b1, c11));
            x = Vector512.Create(Unsafe.Add(ref a, 2 * aRow));
            (c20, c21) = (Sum(x, b0, c20), Sum(x, b1, c21));
            x = Vector512.Create(Unsafe.Add(ref a, 3 * aRow));
            (c30, c31) = (Sum(x, b0, c30), Sum(x, b1, c31));
            x = Vector512.Create(Unsafe.Add(ref a, 4 * aRow));
            (c40, c41) = (Sum(x, b0, c40), Sum(x, b1, c41));
            x = Vector512.Create(Unsafe.Add(ref a, 5 * aRow));
            (c50, c51) = (Sum(x, b0, c50), Sum(x, b1, c51));
            a = ref Unsafe.Add(ref a, aStep);
            b = ref Unsafe.Add(ref b, bRow);
        }
        Add(ref c, c00, c01);
        Add(ref Unsafe.Add(ref c, cRow), c10, c11);
        Add(ref Unsafe.Add(ref c, 2 * cRow), c20, c21);
        Add(ref Unsafe.Add(ref c, 3 * cRow), c30, c31);
        Add(ref Unsafe.Add(ref c, 4 * cRow), c40, c41);
        Add(ref Unsafe.Add(ref c, 5 * cRow), c50, c51);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow<T>(int depth, ref T a, nint aRow, nint aStep, ref T b, nint bRow, ref T c, nint cRow) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector256<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (var p = 0; p < depth; p++)
        {
            var b0 = Vector256.LoadUnsafe(ref b);
            var b1 = Vector256.LoadUnsafe(ref b, (nuint)Vector256<T>.Count);
            var x = Vector256.Create(a);
            (c00, c01) = (Sum(x, b0, c00), Sum(x, b1, c01));
            x = Vector256.Create(Unsafe.Add(ref a, aRow));
            (c10, c11) = (Sum(x, b0, c10), Sum(x, b1, c11));
            x = Vector256.Create(Unsafe.Add(ref a, 2 * aRow));
            (c20, c21) = (Sum(x, b0, c20), Sum(x, b1, c21));
            x = Vector256.Create(Unsafe.Add(ref a, 3 * aRow));
            (c30, c31) = (Sum(x, b0, c30), Sum(x, b1, c31));
            x = Vector256.Create(Unsafe.Add(ref a, 4 * aRow));
            (c40, c41) = (Sum(x, b0, c40), Sum(x, b1, c41));
            x = Vector256.Create(Unsafe.Add(ref a, 5 * aRow));
            (c50, c51) = (Sum(x, b0, c50), Sum(x, b1, c51));
            a = ref Unsafe.Add(ref a, aStep);
            b = ref Unsafe.Add(ref b, bRow);
        }
        Add(ref c, c00, c01);
        Add(ref Unsafe.Add(ref c, cRow), c10, c11);
        Add(ref Unsafe.Add(ref c, 2 * cRow), c20, c21);
        Add(ref Unsafe.Add(ref c, 3 * cRow), c30, c31);
        Add(ref Unsafe.Add(ref c, 4 * cRow), c40, c41);
        Add(ref Unsafe.Add(ref c, 5 * cRow), c50, c51);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Sum<T>(Vector512<T> x, Vector512<T> y, Vector512<T> z) => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : Vector512.FusedMultiplyAdd(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Sum<T>(Vector256<T> x, Vector256<T> y, Vector256<T> z) => typeof(T) == typeof(float)
        ? Vector256.FusedMultiplyAdd(x.AsSingle(), y.AsSingle(), z.AsSingle()).As<float, T>()
        : Vector256.FusedMultiplyAdd(x.AsDouble(), y.AsDouble(), z.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(ref T c, Vector512<T> first, Vector512<T> second)
    {
        (Vector512.LoadUnsafe(ref c) + first).StoreUnsafe(ref c);
        (Vector512.LoadUnsafe(ref c, (nuint)Vector512<T>.Count) + second).StoreUnsafe(ref c, (nuint)Vector512<T>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(ref T c, Vector256<T> first, Vector256<T> second)
    {
        (Vector256.LoadUnsafe(ref c) + first).StoreUnsafe(ref c);
        (Vector256.LoadUnsafe(ref c, (nuint)Vector256<T>.Count) + second).StoreUnsafe(ref c, (nuint)Vector256<T>.Count);
    }
}
