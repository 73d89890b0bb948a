using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace NClip.Checkpoints;

/// <summary>One named tensor of a checkpoint: row-major, little endian.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
public sealed record TensorEntry(string Name, TensorType Type, long[] Shape)
{
    // Elements of WriteFloat32's piece, and the most that are converted at once: their bytes are less than 2 GiB, whatever their type.
    private const int Piece = 1 << 18, Most = 1 << 27;

    /// <summary>File that holds the bytes contiguously, or null where they had to be gathered (compressed or strided storage).</summary>
    public string? File { get; init; }

    /// <summary>Absolute byte offset in <see cref="File"/>.</summary>
    public long Offset { get; init; }

    /// <summary>Number of bytes.</summary>
    public long ByteLength { get; init; }

    /// <summary>Number of elements.</summary>
    public long Count => ByteLength / Type.Size();

    internal Func<ReadOnlyMemory<byte>> Read { get; init; } = static () => ReadOnlyMemory<byte>.Empty;

    /// <summary>A tensor that is computed each time it is read.</summary>
    internal static TensorEntry Computed(string name, TensorType type, long[] shape, Func<ReadOnlyMemory<byte>> read) =>
        new(name, type, shape) { ByteLength = shape.Aggregate((long)type.Size(), (a, b) => a * b), Read = read };

    /// <summary>What the file has in its place, where it stores integers and scales; null where it has what <see cref="Read"/> gives.</summary>
    internal RowIntegers? Integers { get; init; }

    /// <summary>Reads some of the bytes; null where they come from <see cref="Read"/>.</summary>
    internal Func<long, int, ReadOnlyMemory<byte>>? ReadPart { get; init; }

    /// <summary>The raw bytes: a view of the mapped file where <see cref="File"/> is given (valid until the <see cref="StateDict"/> is disposed), else a copy.</summary>
    /// <exception cref="CheckpointException">The tensor is larger than 2 GiB, or its compressed storage is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The <see cref="StateDict"/> was disposed.</exception>
    public ReadOnlyMemory<byte> Bytes() => Read();

    /// <summary>Some of the raw bytes, of a tensor of any size: <paramref name="length"/> of them from <paramref name="from"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tensor ends before.</exception>
    /// <exception cref="ObjectDisposedException">The <see cref="StateDict"/> was disposed.</exception>
    public ReadOnlyMemory<byte> Bytes(long from, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, ByteLength - length);
        return ReadPart?.Invoke(from, length) ?? Read().Slice((int)from, length);
    }

    /// <summary>The elements as float32 (f16, bf16, f64 and integers are converted).</summary>
    public float[] ToFloat32()
    {
        var r = new float[Count];
        ToFloat32(r);
        return r;
    }

    /// <summary>Writes the elements as float32 into <paramref name="destination"/> [<see cref="Count"/>].</summary>
    public void ToFloat32(Span<float> destination)
    {
        if (destination.Length < Count) throw new ArgumentException($"'{Name}' has {Count} elements, the destination {destination.Length}.");
        for (int at = 0, n; at < Count; at += n) ToFloat32(at, destination.Slice(at, n = (int)Math.Min(Most, Count - at)));
    }

    /// <summary>Writes as many elements as fit into <paramref name="destination"/>, from element <paramref name="from"/> on.</summary>
    internal void ToFloat32(long from, Span<float> destination) => ToFloat32(Bytes(from * Type.Size(), destination.Length * Type.Size()).Span, destination);

    /// <summary>Writes the elements as float32, little endian, piece by piece: the converted tensor is never whole in memory.</summary>
    internal void WriteFloat32(Stream to, CancellationToken cancellation)
    {
        var piece = new float[Math.Min(Count, Piece)];
        for (var at = 0L; at < Count; at += Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            var some = piece.AsSpan(0, (int)Math.Min(Piece, Count - at));
            ToFloat32(at, some);
            to.Write(MemoryMarshal.AsBytes(some));
        }
    }

    private void ToFloat32(ReadOnlySpan<byte> b, Span<float> r)
    {
        var n = r.Length;
        switch (Type)
        {
            case TensorType.Float32: MemoryMarshal.Cast<byte, float>(b).CopyTo(r); break;
            case TensorType.Float16: TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(b), r); break;
            case TensorType.BFloat16: WidenBFloat16(MemoryMarshal.Cast<byte, ushort>(b), MemoryMarshal.Cast<float, uint>(r)); break;
            case TensorType.Float64: for (var i = 0; i < n; i++) r[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(b[(8 * i)..]); break;
            case TensorType.Int64: for (var i = 0; i < n; i++) r[i] = BinaryPrimitives.ReadInt64LittleEndian(b[(8 * i)..]); break;
            case TensorType.Int32: for (var i = 0; i < n; i++) r[i] = BinaryPrimitives.ReadInt32LittleEndian(b[(4 * i)..]); break;
            case TensorType.Int16: for (var i = 0; i < n; i++) r[i] = BinaryPrimitives.ReadInt16LittleEndian(b[(2 * i)..]); break;
            case TensorType.Int8: for (var i = 0; i < n; i++) r[i] = (sbyte)b[i]; break;
            case TensorType.Bool: for (var i = 0; i < n; i++) r[i] = b[i] == 0 ? 0 : 1; break;
            default: for (var i = 0; i < n; i++) r[i] = b[i]; break;
        }
    }

    /// <summary>A bfloat16 is the upper half of a float32.</summary>
    private static void WidenBFloat16(ReadOnlySpan<ushort> from, Span<uint> to)
    {
        var i = 0;
        if (System.Numerics.Vector.IsHardwareAccelerated)
        {
            var step = System.Numerics.Vector<ushort>.Count;
            for (; i <= from.Length - step; i += step)
            {
                System.Numerics.Vector.Widen(new System.Numerics.Vector<ushort>(from[i..]), out var low, out var high);
                (low << 16).CopyTo(to[i..]);
                (high << 16).CopyTo(to[(i + step / 2)..]);
            }
        }
        for (; i < from.Length; i++) to[i] = (uint)from[i] << 16;
    }
}
