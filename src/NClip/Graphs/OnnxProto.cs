using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace NClip.Graphs;

/// <summary>
/// The few wire types of Protocol Buffers that ONNX needs: varint, 32-bit float, length-delimited. Tensors and nested messages
/// write themselves once, at the end: a model with its weights inside is tens of megabytes at three levels of nesting.
/// </summary>
internal sealed class ProtoMessage
{
    private readonly ArrayBufferWriter<byte> _small = new();
    private readonly List<(int After, int Length, Action<Span<byte>> Write)> _late = []; // each comes after so many bytes of _small
    private long _lateLength;

    /// <summary>Bytes so far.</summary>
    public long Length => _small.WrittenCount + _lateLength;

    /// <summary>An integer field.</summary>
    public ProtoMessage Int(int field, long value)
    {
        Varint((uint)field << 3);
        Varint((ulong)value);
        return this;
    }

    /// <summary>A float field.</summary>
    public ProtoMessage Float(int field, float value)
    {
        Varint(((uint)field << 3) | 5);
        BinaryPrimitives.WriteSingleLittleEndian(_small.GetSpan(4), value);
        _small.Advance(4);
        return this;
    }

    /// <summary>A double field.</summary>
    public ProtoMessage Double(int field, double value)
    {
        Varint(((uint)field << 3) | 1);
        BinaryPrimitives.WriteDoubleLittleEndian(_small.GetSpan(8), value);
        _small.Advance(8);
        return this;
    }

    /// <summary>A bytes field.</summary>
    public ProtoMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        Prefix(field, value.Length);
        _small.Write(value);
        return this;
    }

    /// <summary>A bytes field of this length that <paramref name="write"/> fills when the whole message is made.</summary>
    public ProtoMessage Bytes(int field, long length, Action<Span<byte>> write)
    {
        Prefix(field, length);
        if (length > Array.MaxLength) throw TooLong(length);
        _late.Add((_small.WrittenCount, (int)length, write));
        _lateLength += length;
        return this;
    }

    /// <summary>A string field.</summary>
    public ProtoMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A nested message, which is complete.</summary>
    public ProtoMessage Message(int field, ProtoMessage value) => Bytes(field, value.Length, value.Write);

    /// <summary>The message's bytes.</summary>
    /// <exception cref="InvalidOperationException">They are 2 GB or more, the format's limit.</exception>
    public byte[] ToArray()
    {
        if (Length > Array.MaxLength) throw TooLong(Length);
        var all = GC.AllocateUninitializedArray<byte>((int)Length);
        Write(all);
        return all;
    }

    private static InvalidOperationException TooLong(long length) => new($"an ONNX model cannot have {length} bytes: the format ends at 2 GB.");

    private void Write(Span<byte> to)
    {
        var small = _small.WrittenSpan;
        var from = 0;
        foreach (var (after, length, write) in _late)
        {
            small[from..after].CopyTo(to);
            to = to[(after - from)..];
            write(to[..length]);
            to = to[length..];
            from = after;
        }
        small[from..].CopyTo(to);
    }

    private void Prefix(int field, long length)
    {
        Varint(((uint)field << 3) | 2);
        Varint((ulong)length);
    }

    private void Varint(ulong v)
    {
        var s = _small.GetSpan(10);
        var n = 0;
        for (; v >= 0x80; v >>= 7) s[n++] = (byte)(v | 0x80);
        s[n++] = (byte)v;
        _small.Advance(n);
    }
}

/// <summary>ONNX messages. Field numbers are those of onnx.proto.</summary>
internal static class OnnxProto
{
    public const int Float = 1, UInt8 = 2, Int8 = 3, Int64 = 7, Float16 = 10, BFloat16 = 16;

    /// <summary>AttributeProto of an int, float, string or int list.</summary>
    public static ProtoMessage Attribute(string name, object value)
    {
        var m = new ProtoMessage().Text(1, name);
        switch (value)
        {
            case int i: return m.Int(3, i).Int(20, 2);
            case float f: return m.Float(2, f).Int(20, 1);
            case string s: return m.Text(4, s).Int(20, 3);
            case int[] list:
                foreach (var i in list) m.Int(8, i);
                return m.Int(20, 7);
            default: throw new ArgumentException($"no attribute type for {value.GetType()}", nameof(value));
        }
    }

    /// <summary>NodeProto.</summary>
    public static ProtoMessage Node(string op, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, IEnumerable<(string Name, object Value)> attributes)
    {
        var m = new ProtoMessage();
        foreach (var i in inputs) m.Text(1, i);
        foreach (var o in outputs) m.Text(2, o);
        m.Text(3, name).Text(4, op);
        foreach (var (n, v) in attributes) m.Message(5, Attribute(n, v));
        return m;
    }

    /// <summary>TensorProto with its data inside.</summary>
    public static ProtoMessage Tensor(string name, int type, IEnumerable<long> shape, long length, Action<Span<byte>> write) => Header(name, type, shape).Bytes(9, length, write);

    /// <summary>TensorProto whose data lies in another file.</summary>
    public static ProtoMessage ExternalTensor(string name, int type, IEnumerable<long> shape, string location, long offset, long length)
    {
        static ProtoMessage Entry(string k, string v) => new ProtoMessage().Text(1, k).Text(2, v);
        return Header(name, type, shape)
            .Message(13, Entry("location", location))
            .Message(13, Entry("offset", offset.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            .Message(13, Entry("length", length.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            .Int(14, 1);
    }

    /// <summary>ValueInfoProto: a dimension is a number or a name.</summary>
    public static ProtoMessage ValueInfo(string name, int type, IEnumerable<object> dims)
    {
        var shape = new ProtoMessage();
        foreach (var d in dims) shape.Message(1, d is string s ? new ProtoMessage().Text(2, s) : new ProtoMessage().Int(1, Convert.ToInt64(d, System.Globalization.CultureInfo.InvariantCulture)));
        return new ProtoMessage().Text(1, name).Message(2, new ProtoMessage().Message(1, new ProtoMessage().Int(1, type).Message(2, shape)));
    }

    /// <summary>ModelProto around a GraphProto.</summary>
    public static byte[] Model(ProtoMessage graph, int opset) =>
        new ProtoMessage().Int(1, 9).Text(2, "NClip").Message(7, graph).Message(8, new ProtoMessage().Text(1, "").Int(2, opset)).ToArray();

    private static ProtoMessage Header(string name, int type, IEnumerable<long> shape)
    {
        var m = new ProtoMessage();
        foreach (var d in shape) m.Int(1, d);
        return m.Int(2, type).Text(8, name);
    }
}
