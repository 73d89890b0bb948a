using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using NClip.Foundation;

namespace NClip.Checkpoints;

/// <summary>Writes safetensors files: beside the target, flushed, then renamed, so that a reader never sees a half of one.</summary>
public static class Safetensors
{
    // Data begins at a multiple of this, so that a mapped float is aligned for every vector width.
    private const int Alignment = 64;

    /// <summary>Writes named tensors. Data is row-major and little endian; larger element types come first in the file, else the given order stays.</summary>
    /// <param name="path">Target; replaced if it is there.</param>
    /// <param name="tensors">Name, element type, shape and bytes of each.</param>
    /// <param name="metadata">Text entries stored in the header.</param>
    /// <exception cref="ArgumentException">A name is there twice or reserved, or a shape does not fit its data.</exception>
    /// <exception cref="CheckpointException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<(string Name, TensorType Type, long[] Shape, ReadOnlyMemory<byte> Data)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var all = tensors.ToList();
        foreach (var t in all)
        {
            if (!t.Type.TryByteLength(t.Shape, out var bytes) || bytes != t.Data.Length)
                throw new ArgumentException($"tensor '{t.Name}' {t.Type} [{string.Join(", ", t.Shape)}] does not fit its {t.Data.Length} bytes of data.", nameof(tensors));
        }
        WriteEach(path, all.Select(t => (t.Name, t.Type, t.Shape, (Action<Stream>)(to => to.Write(t.Data.Span)))), metadata);
    }

    /// <summary>As <see cref="Write"/>, but each tensor writes itself when its turn comes, in pieces if it likes, so that a converted copy is never whole in memory. What it throws, cancellation too, leaves no file.</summary>
    internal static void WriteEach(string path, IEnumerable<(string Name, TensorType Type, long[] Shape, Action<Stream> Data)> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        WriteEach(path, tensors, metadata, file => file);

    /// <summary>As <see cref="WriteEach(string, IEnumerable{ValueTuple{string, TensorType, long[], Action{Stream}}}, IReadOnlyDictionary{string, string})"/>, with a <see cref="Seal"/> at the end.</summary>
    internal static void WriteSealed(string path, IEnumerable<(string Name, TensorType Type, long[] Shape, Action<Stream> Data)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        // One-byte elements come last in the file, and of those the last.
        ContentHash.Writer? hashing = null;
        WriteEach(path, tensors.Append((Seal.Name, TensorType.UInt8, [ContentHash.Size], to => to.Write(hashing!.Hash()))), metadata, file => hashing = new(file));
    }

    private static void WriteEach(string path, IEnumerable<(string Name, TensorType Type, long[] Shape, Action<Stream> Data)> tensors, IReadOnlyDictionary<string, string>? metadata, Func<FileStream, Stream> through)
    {
        var ordered = tensors.OrderByDescending(t => t.Type.Size()).ToList();
        var header = Header([.. ordered.Select(t => (t.Name, t.Type, t.Shape))], metadata).ToArray();
        try
        {
            NewFile.Write(path, file =>
            {
                var to = through(file);
                to.Write(header);
                foreach (var t in ordered)
                {
                    var from = to.Position;
                    t.Data(to);
                    if (!t.Type.TryByteLength(t.Shape, out var bytes) || bytes != to.Position - from)
                        throw new ArgumentException($"tensor '{t.Name}' {t.Type} [{string.Join(", ", t.Shape)}] does not fit its {to.Position - from} bytes of data.", nameof(tensors));
                }
            });
        }
        catch (Exception e) when (FileRefusal.Is(e))
        {
            throw new CheckpointException(path, $"cannot be written: {FileRefusal.Why(e)}", e);
        }
    }

    /// <summary>The beginning of a file whose tensors are written as they come: length, header and padding; the tensors' data, row-major and little endian, follow in this order without gaps.</summary>
    /// <param name="tensors">Name, element type and shape of each; larger element types have to come first, so that each is aligned.</param>
    /// <param name="metadata">Text entries stored in the header, or null.</param>
    /// <exception cref="ArgumentException">A name is there twice or reserved.</exception>
    public static ReadOnlySpan<byte> Header(IReadOnlyList<(string Name, TensorType Type, long[] Shape)> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write<byte>(stackalloc byte[8]);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }
            var names = new HashSet<string> { "__metadata__" };
            var at = 0L;
            foreach (var (name, type, shape) in tensors)
            {
                if (!names.Add(name)) throw new ArgumentException($"the tensor name '{name}' is there twice or reserved.", nameof(tensors));
                if (!type.TryByteLength(shape, out var bytes)) throw new ArgumentException($"tensor '{name}' has the impossible shape [{string.Join(", ", shape)}].", nameof(tensors));
                json.WriteStartObject(name);
                json.WriteString("dtype", type.SafetensorsName());
                json.WriteStartArray("shape");
                foreach (var n in shape) json.WriteNumberValue(n);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        var pad = (Alignment - buffer.WrittenCount % Alignment) % Alignment;
        buffer.GetSpan(pad)[..pad].Fill((byte)' ');
        buffer.Advance(pad);
        var header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }
}
