using System.Text.Json;
using System.Text.Json.Serialization;
using NClip.Foundation;

namespace NClip;

/// <summary>A <see cref="Matrix"/> as JSON: an array of rows, each an array of numbers, in digits that read back to the same float32. Needs no reflection.</summary>
public sealed class MatrixJsonConverter : JsonConverter<Matrix>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">It is no array of rows of numbers, or the rows differ in length.</exception>
    public override Matrix Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var (values, rows, columns) = (new List<float>(), 0, 0);
        Expect(ref reader, JsonTokenType.StartArray, rows);
        for (; Next(ref reader) != JsonTokenType.EndArray; rows++)
        {
            Expect(ref reader, JsonTokenType.StartArray, rows);
            var before = values.Count;
            while (Next(ref reader) != JsonTokenType.EndArray)
            {
                Expect(ref reader, JsonTokenType.Number, rows);
                values.Add(reader.GetSingle());
            }
            if (rows == 0) columns = values.Count;
            else if (values.Count - before != columns) throw new JsonException($"row {rows} has {values.Count - before} values; row 0 has {columns}.");
        }
        return new Matrix(rows, columns, [.. values]);
    }

    /// <inheritdoc/>
    /// <exception cref="JsonException">A value is not a finite number; JSON has no others.</exception>
    public override void Write(Utf8JsonWriter writer, Matrix value, JsonSerializerOptions options)
    {
        var w = Given.One(writer, "JSON writer");
        w.WriteStartArray();
        for (var i = 0; i < Given.One(value, "matrix").Rows; i++)
        {
            w.WriteStartArray();
            foreach (var v in value.Row(i))
            {
                if (!float.IsFinite(v)) throw new JsonException(FormattableString.Invariant($"row {i} has the value {v}; JSON has finite numbers only."));
                w.WriteNumberValue(v);
            }
            w.WriteEndArray();
        }
        w.WriteEndArray();
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw new JsonException("the matrix is cut off.");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, int row)
    {
        if (reader.TokenType != type) throw new JsonException($"row {row}: {type} was expected, {reader.TokenType} was found; a matrix is an array of rows of numbers.");
    }
}
