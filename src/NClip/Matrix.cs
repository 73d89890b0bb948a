using System.Globalization;
using System.Numerics.Tensors;
using System.Text;

namespace NClip;

/// <summary>Rows of float32 numbers: features [N, D], logits [N, M] or probabilities [N, M]. Immutable.</summary>
public sealed class Matrix
{
    private readonly float[] _values;

    /// <summary>Takes <paramref name="values"/> (row-major, <c>rows * columns</c> long) without copying.</summary>
    /// <exception cref="ArgumentException">The length does not fit.</exception>
    public Matrix(int rows, int columns, float[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Length != (long)rows * columns) throw new ArgumentException($"{values.Length} values given; a {rows} x {columns} matrix has {(long)rows * columns}.", nameof(values));
        (Rows, Columns, _values) = (rows, columns, values);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>One value.</summary>
    public float this[int row, int column] => _values[checked((row * Columns) + column)];

    /// <summary>All values, row-major.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>One row.</summary>
    public ReadOnlySpan<float> Row(int row) => _values.AsSpan(row * Columns, Columns);

    /// <summary>Every row divided by its L2 norm (a zero row stays zero).</summary>
    public Matrix Normalized()
    {
        var r = new float[_values.Length];
        for (var i = 0; i < Rows; i++) VectorMath.Normalize(Row(i), r.AsSpan(i * Columns, Columns));
        return new Matrix(Rows, Columns, r);
    }

    /// <summary>This matrix [N, D] times the transpose of <paramref name="other"/> [M, D]: [N, M] of dot products, times <paramref name="scale"/>.</summary>
    /// <exception cref="ArgumentException">The columns differ.</exception>
    public Matrix TimesTransposed(Matrix other, float scale = 1)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Columns != Columns) throw new ArgumentException($"the rows have {Columns} and {other.Columns} columns; features of one model have the same.", nameof(other));
        var r = new float[Rows * other.Rows];
        for (var i = 0; i < Rows; i++)
            for (var j = 0; j < other.Rows; j++) r[(i * other.Rows) + j] = scale * TensorPrimitives.Dot(Row(i), other.Row(j));
        return new Matrix(Rows, other.Rows, r);
    }

    /// <summary>Softmax over each row: every row becomes a distribution.</summary>
    public Matrix Softmax()
    {
        var r = new float[_values.Length];
        for (var i = 0; i < Rows; i++) VectorMath.Softmax(Row(i), r.AsSpan(i * Columns, Columns));
        return new Matrix(Rows, Columns, r);
    }

    /// <summary>Logistic function of every value: independent probabilities.</summary>
    public Matrix Sigmoid()
    {
        var r = new float[_values.Length];
        TensorPrimitives.Sigmoid(_values, r);
        return new Matrix(Rows, Columns, r);
    }

    /// <summary>The matrix with rows and columns exchanged.</summary>
    public Matrix Transposed()
    {
        var r = new float[_values.Length];
        for (var i = 0; i < Rows; i++)
            for (var j = 0; j < Columns; j++) r[(j * Rows) + i] = _values[(i * Columns) + j];
        return new Matrix(Columns, Rows, r);
    }

    /// <summary>The rows in brackets, four digits a value, at most eight values a row.</summary>
    public override string ToString()
    {
        var s = new StringBuilder("[");
        for (var i = 0; i < Rows; i++)
        {
            s.Append(i == 0 ? "[" : ", [").AppendJoin(", ", Row(i)[..Math.Min(8, Columns)].ToArray().Select(v => v.ToString("0.####", CultureInfo.InvariantCulture)));
            s.Append(Columns > 8 ? ", ...]" : "]");
        }
        return s.Append(']').ToString();
    }
}
