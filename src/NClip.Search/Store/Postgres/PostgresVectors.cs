using System.Buffers.Binary;
using System.Globalization;

namespace NClip.Search.Store.Postgres;

/// <summary>Vectors as pgvector sends and takes them: number of values (i16), nothing (i16), the values, all big endian; and as text.</summary>
internal static class PostgresVectors
{
    private const int Header = 4;

    /// <summary>The column's type.</summary>
    public static string Type(VectorStorage storage) => storage == VectorStorage.Float16 ? "halfvec" : "vector";

    /// <summary>The bytes of a vector.</summary>
    public static byte[] Bytes(ReadOnlySpan<float> vector, VectorStorage storage)
    {
        var (bytes, width) = (new byte[Header + (vector.Length * Width(storage))], Width(storage));
        BinaryPrimitives.WriteInt16BigEndian(bytes, checked((short)vector.Length));
        for (var i = 0; i < vector.Length; i++)
        {
            var at = bytes.AsSpan(Header + (i * width));
            if (width == 2) BinaryPrimitives.WriteHalfBigEndian(at, (Half)vector[i]);
            else BinaryPrimitives.WriteSingleBigEndian(at, vector[i]);
        }
        return bytes;
    }

    /// <summary>The values of those bytes.</summary>
    public static void Read(ReadOnlySpan<byte> bytes, VectorStorage storage, Span<float> vector)
    {
        var width = Width(storage);
        for (var i = 0; i < vector.Length; i++)
        {
            var at = bytes[(Header + (i * width))..];
            vector[i] = width == 2 ? (float)BinaryPrimitives.ReadHalfBigEndian(at) : BinaryPrimitives.ReadSingleBigEndian(at);
        }
    }

    /// <summary>A vector as a constant of a statement.</summary>
    public static string Text(ReadOnlySpan<float> vector) => $"[{string.Join(',', vector.ToArray().Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}]";

    private static int Width(VectorStorage storage) => storage == VectorStorage.Float16 ? 2 : 4;
}
