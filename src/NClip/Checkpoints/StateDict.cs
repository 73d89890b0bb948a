using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace NClip.Checkpoints;

/// <summary>Element type of a stored tensor.</summary>
public enum TensorType { Float32, Float16, BFloat16, Float64, Int64, Int32, Int16, Int8, UInt8, Bool }

/// <summary>One named tensor of a checkpoint: row-major, little endian.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
public sealed record TensorEntry(string Name, TensorType Type, long[] Shape)
{
    /// <summary>File that holds the bytes contiguously, or null where they had to be gathered (compressed or strided storage).</summary>
    public string? File { get; init; }

    /// <summary>Absolute byte offset in <see cref="File"/>.</summary>
    public long Offset { get; init; }

    /// <summary>Number of bytes.</summary>
    public long ByteLength { get; init; }

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);

    internal Func<ReadOnlyMemory<byte>> Read { get; init; } = static () => ReadOnlyMemory<byte>.Empty;

    /// <summary>The raw bytes.</summary>
    public ReadOnlyMemory<byte> Bytes() => Read();

    /// <summary>The elements as float32 (f16, bf16, f64 and integers are converted).</summary>
    public float[] ToFloat32()
    {
        var b = Bytes().Span;
        var r = new float[Count];
        switch (Type)
        {
            case TensorType.Float32: MemoryMarshal.Cast<byte, float>(b).CopyTo(r); break;
            case TensorType.Float16: System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(b), r); break;
            case TensorType.BFloat16:
                var h = MemoryMarshal.Cast<byte, ushort>(b);
                for (var i = 0; i < r.Length; i++) r[i] = BitConverter.UInt32BitsToSingle((uint)h[i] << 16);
                break;
            case TensorType.Float64: for (var i = 0; i < r.Length; i++) r[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(b[(8 * i)..]); break;
            case TensorType.Int64: for (var i = 0; i < r.Length; i++) r[i] = BinaryPrimitives.ReadInt64LittleEndian(b[(8 * i)..]); break;
            case TensorType.Int32: for (var i = 0; i < r.Length; i++) r[i] = BinaryPrimitives.ReadInt32LittleEndian(b[(4 * i)..]); break;
            case TensorType.Int16: for (var i = 0; i < r.Length; i++) r[i] = BinaryPrimitives.ReadInt16LittleEndian(b[(2 * i)..]); break;
            case TensorType.Int8: for (var i = 0; i < r.Length; i++) r[i] = (sbyte)b[i]; break;
            default: for (var i = 0; i < r.Length; i++) r[i] = b[i]; break;
        }
        return r;
    }
}

/// <summary>The named tensors of a checkpoint, opened from any of the formats NClip reads. Holds the mapped file until disposed.</summary>
public sealed class StateDict : IDisposable
{
    private readonly IDisposable? _owner;

    internal StateDict(string path, IReadOnlyDictionary<string, TensorEntry> tensors, IDisposable? owner = null)
        => (Path, Tensors, _owner) = (path, tensors, owner);

    /// <summary>File or folder the tensors came from.</summary>
    public string Path { get; }

    /// <summary>Tensors by their name in the file, in file order.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Opens a weight file, a folder with one, or a sharded index, going by content, not by extension.</summary>
    /// <exception cref="CheckpointException">The file is none of the formats, is cut, or lies about itself.</exception>
    public static StateDict Open(string path)
    {
        // Placeholder for the readers of this room: plain safetensors, read whole.
        var all = System.IO.File.ReadAllBytes(path);
        var n = (int)BinaryPrimitives.ReadInt64LittleEndian(all);
        var tensors = new Dictionary<string, TensorEntry>();
        using var doc = JsonDocument.Parse(all.AsMemory(8, n));
        foreach (var p in doc.RootElement.EnumerateObject())
        {
            if (p.Name == "__metadata__") continue;
            var type = p.Value.GetProperty("dtype").GetString() switch
            {
                "F32" => TensorType.Float32, "F16" => TensorType.Float16, "BF16" => TensorType.BFloat16, "F64" => TensorType.Float64,
                "I64" => TensorType.Int64, "I32" => TensorType.Int32, "U8" => TensorType.UInt8, "I8" => TensorType.Int8, var other => throw new CheckpointException(path, $"tensor '{p.Name}' has dtype {other}.")
            };
            var shape = p.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()).ToArray();
            var o = p.Value.GetProperty("data_offsets");
            var (from, to) = (o[0].GetInt64(), o[1].GetInt64());
            var slice = all.AsMemory((int)(8 + n + from), (int)(to - from));
            tensors[p.Name] = new TensorEntry(p.Name, type, shape) { File = path, Offset = 8 + n + from, ByteLength = to - from, Read = () => slice };
        }
        return new StateDict(path, tensors);
    }

    /// <inheritdoc/>
    public void Dispose() => _owner?.Dispose();
}
