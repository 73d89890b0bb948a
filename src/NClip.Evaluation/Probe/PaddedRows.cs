using System.Numerics;

namespace NClip.Evaluation;

/// <summary>A matrix whose rows are padded with zeros to whole tiles, with room for whole tiles of rows behind.</summary>
internal sealed class PaddedRows<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public PaddedRows(int rows, int columns)
    {
        (Rows, Columns, Stride) = (rows, columns, Tiles.Padded<T>(columns));
        Values = new T[checked((Tiles.PaddedRows(rows) + Tiles.Rows) * Stride)];
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Distance of two rows.</summary>
    public int Stride { get; }

    /// <summary>All values and the padding.</summary>
    public T[] Values { get; }

    public Span<T> this[int row] => Values.AsSpan(row * Stride, Columns);

    public static PaddedRows<T> Of(Matrix matrix)
    {
        var r = new PaddedRows<T>(matrix.Rows, matrix.Columns);
        for (var i = 0; i < matrix.Rows; i++)
        {
            var from = matrix.Row(i);
            var to = r[i];
            for (var j = 0; j < from.Length; j++) to[j] = T.CreateTruncating(from[j]);
        }
        return r;
    }

    /// <summary>Of row-major values.</summary>
    public static PaddedRows<T> Of(int rows, int columns, ReadOnlySpan<double> values)
    {
        var r = new PaddedRows<T>(rows, columns);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++) r.Values[(i * r.Stride) + j] = T.CreateTruncating(values[(i * columns) + j]);
        return r;
    }

    public PaddedRows<T> Transposed()
    {
        var r = new PaddedRows<T>(Columns, Rows);
        for (var i = 0; i < Rows; i++)
            for (var j = 0; j < Columns; j++) r.Values[(j * r.Stride) + i] = Values[(i * Stride) + j];
        return r;
    }

    /// <summary>This [N, K] times <paramref name="other"/> [K, M].</summary>
    public PaddedRows<T> Times(PaddedRows<T> other)
    {
        var r = new PaddedRows<T>(Rows, other.Columns);
        Tiles.AddProduct<T>(Rows, other.Columns, Columns, Values, Stride, 1, other.Values, other.Stride, r.Values, r.Stride);
        return r;
    }

    /// <summary>The transpose of this [K, N] times <paramref name="other"/> [K, M].</summary>
    public PaddedRows<T> TransposedTimes(PaddedRows<T> other)
    {
        var r = new PaddedRows<T>(Columns, other.Columns);
        Tiles.AddProduct<T>(Columns, other.Columns, Rows, Values, 1, Stride, other.Values, other.Stride, r.Values, r.Stride);
        return r;
    }
}
