using System.Globalization;
using System.Numerics.Tensors;
using System.Text;
using System.Text.Json.Serialization;
using NClip.Foundation;

namespace NClip;

/// <summary>Rows of float32 numbers: features [N, D], logits [N, M] or probabilities [N, M]. Immutable. In JSON: an array of rows.</summary>
[JsonConverter(typeof(MatrixJsonConverter))]
public sealed partial class Matrix
{
    private readonly float[] _values;

    /// <summary>Takes <paramref name="values"/> (row-major, <c>rows * columns</c> long) without copying.</summary>
    /// <exception cref="ArgumentException">The length does not fit.</exception>
    public Matrix(int rows, int columns, float[] values)
    {
        var length = Length(rows, columns);
        if (Given.One(values, "array of a matrix's values").Length != length) throw new ArgumentException($"{values.Length} values given; a {rows} x {columns} matrix has {length}.");
        (Rows, Columns, _values) = (rows, columns, values);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>One value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row or column.</exception>
    public float this[int row, int column] => (uint)column < (uint)Columns ? Row(row)[column] : throw new ArgumentOutOfRangeException(null, $"column {column} of a {Rows} x {Columns} matrix; they are counted from 0.");

    /// <summary>All values, row-major.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>One row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public ReadOnlySpan<float> Row(int row) => (uint)row < (uint)Rows ? _values.AsSpan(row * Columns, Columns) : throw new ArgumentOutOfRangeException(null, $"row {row} of a {Rows} x {Columns} matrix; they are counted from 0.");

    /// <summary>A copy of all values, row-major.</summary>
    public float[] ToArray() => [.. _values];

    /// <summary>Copies all values, row-major.</summary>
    /// <param name="destination">At least <see cref="Rows"/> x <see cref="Columns"/> long.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public void CopyTo(Span<float> destination)
    {
        if (destination.Length < _values.Length) throw new ArgumentException($"the destination has room for {destination.Length} values; a {Rows} x {Columns} matrix has {_values.Length}.");
        _values.CopyTo(destination);
    }

    /// <summary>Every row divided by its L2 norm (a zero row stays zero).</summary>
    public Matrix Normalized()
    {
        var r = new float[_values.Length];
        for (var i = 0; i < Rows; i++) VectorMath.Normalize(Row(i), r.AsSpan(i * Columns, Columns));
        return new Matrix(Rows, Columns, r);
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

    /// <summary>Number of values of a matrix.</summary>
    /// <exception cref="ArgumentException">A side is negative, or they are more than one array holds.</exception>
    internal static int Length(int rows, int columns)
    {
        if (rows < 0 || columns < 0) throw new ArgumentException($"a matrix of {rows} x {columns}; neither can be negative.");
        var n = (long)rows * columns;
        return n <= Array.MaxLength ? (int)n : throw new ArgumentException($"a matrix of {rows} x {columns} has {n} values; one holds at most {Array.MaxLength}. Work on fewer rows at a time.");
    }

    /// <summary>Every value plus one number.</summary>
    internal Matrix Plus(float addend)
    {
        if (addend == 0) return this;
        var r = new float[_values.Length];
        TensorPrimitives.Add(_values, addend, r);
        return new Matrix(Rows, Columns, r);
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
