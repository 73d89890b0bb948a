using System.Numerics.Tensors;
using System.Text.Json;
using Xunit;

namespace NClip.Tests;

public sealed class MatrixTests
{
    private static Matrix Random(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        return new Matrix(rows, columns, [.. Enumerable.Range(0, rows * columns).Select(_ => random.NextSingle() - 0.5f)]);
    }

    [Theory]
    [InlineData(1, 1, 3)]
    [InlineData(3, 1700, 512)]
    [InlineData(700, 5, 512)]
    [InlineData(0, 4, 8)]
    public void A_product_of_many_threads_is_the_plain_one_to_the_bit(int rows, int others, int columns)
    {
        var (a, b) = (Random(rows, columns, 1), Random(others, columns, 2));
        var found = a.TimesTransposed(b, 2.5f);
        Assert.Equal((rows, others), (found.Rows, found.Columns));
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < others; j++) Assert.Equal(2.5f * TensorPrimitives.Dot(a.Row(i), b.Row(j)), found[i, j]);
    }

    [Fact]
    public void A_product_that_no_array_holds_is_refused_with_its_sizes_and_its_best_are_found_without_it()
    {
        var ones = new Matrix(50_000, 1, new float[50_000]);
        var said = Assert.Throws<ArgumentException>(() => ones.TimesTransposed(ones)).Message;
        Assert.Contains("50000 and 50000 rows has 2500000000 values", said, StringComparison.Ordinal);
        Assert.Contains("Matrix.Best", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_best_matches_are_those_of_the_product_in_its_order()
    {
        var (a, b) = (Random(20, 300, 3), Random(400, 300, 4));
        var product = a.TimesTransposed(b);
        var best = a.Best(b, 7);
        for (var i = 0; i < a.Rows; i++)
            Assert.Equal(Enumerable.Range(0, b.Rows).OrderByDescending(j => product[i, j]).Take(7).Select(j => new RowMatch(j, product[i, j])), best[i]);
        Assert.Equal([new(0, 1), new(1, 1)], new Matrix(1, 1, [1]).Best(new Matrix(3, 1, [1, 1, 1]), 2)[0]);
        Assert.Equal(3, new Matrix(1, 1, [1]).Best(new Matrix(3, 1, [1, 1, 1]), 10)[0].Count);
        Assert.Contains("1 or more", Assert.Throws<ArgumentException>(() => a.Best(b, 0)).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<OperationCanceledException>(() => a.Best(b, 1, new CancellationToken(true)));
        Assert.ThrowsAny<OperationCanceledException>(() => a.TimesTransposed(b, cancellationToken: new CancellationToken(true)));
    }

    [Fact]
    public void A_row_a_column_or_a_size_that_is_not_there_is_refused_by_its_number()
    {
        var m = new Matrix(2, 3, new float[6]);
        Assert.Contains("column 3 of a 2 x 3", Assert.Throws<ArgumentOutOfRangeException>(() => m[0, 3]).Message, StringComparison.Ordinal);
        Assert.Contains("row 2 of a 2 x 3", Assert.Throws<ArgumentOutOfRangeException>(() => m[2, 0]).Message, StringComparison.Ordinal);
        Assert.Contains("row -1", Assert.Throws<ArgumentOutOfRangeException>(() => m.Row(-1).Length).Message, StringComparison.Ordinal);
        Assert.Contains("-1 x -4", Assert.Throws<ArgumentException>(() => new Matrix(-1, -4, new float[4])).Message, StringComparison.Ordinal);
        Assert.Contains("5 values given", Assert.Throws<ArgumentException>(() => new Matrix(2, 3, new float[5])).Message, StringComparison.Ordinal);
        Assert.Contains("room for 5", Assert.Throws<ArgumentException>(() => m.CopyTo(new float[5])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_values_can_be_taken_away()
    {
        var m = new Matrix(2, 2, [1, 2, 3, 4]);
        var copy = m.ToArray();
        copy[0] = 9;
        var other = new float[5];
        m.CopyTo(other);
        Assert.Equal(1, m[0, 0]);
        Assert.Equal([1, 2, 3, 4, 0], other);
    }

    [Fact]
    public void Json_is_an_array_of_rows_and_reads_back_to_the_same_bits()
    {
        Assert.Equal("[[1,2.5],[-3,0.1]]", JsonSerializer.Serialize(new Matrix(2, 2, [1, 2.5f, -3, 0.1f])));
        var m = Random(9, 5, 6);
        var back = JsonSerializer.Deserialize<Matrix>(JsonSerializer.Serialize(m))!;
        Assert.Equal((m.Rows, m.Columns), (back.Rows, back.Columns));
        Assert.Equal(m.ToArray(), back.ToArray());
        Assert.Equal(0, JsonSerializer.Deserialize<Matrix>("[]")!.Rows);
    }

    [Theory]
    [InlineData("[[1,2],[3]]", "row 1 has 1")]
    [InlineData("[1,2]", "row 0")]
    [InlineData("[[\"a\"]]", "Number was expected")]
    [InlineData("{}", "array of rows")]
    public void Json_that_is_no_matrix_is_refused(string json, string words)
        => Assert.Contains(words, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Matrix>(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_value_that_json_does_not_have_is_named()
        => Assert.Contains("row 1 has the value NaN", Assert.Throws<JsonException>(() => JsonSerializer.Serialize(new Matrix(2, 1, [0, float.NaN]))).Message, StringComparison.Ordinal);
}
