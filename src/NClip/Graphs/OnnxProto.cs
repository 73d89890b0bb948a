using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace NClip.Graphs;

/// <summary>The few wire types of Protocol Buffers that ONNX needs: varint, 32-bit float, length-delimited.</summary>
internal sealed class ProtoMessage
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What was written so far.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

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
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    /// <summary>A bytes field.</summary>
    public ProtoMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((uint)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    /// <summary>A string field.</summary>
    public ProtoMessage Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A nested message.</summary>
    public ProtoMessage Message(int field, ProtoMessage value) => Bytes(field, value.Written);

    private void Varint(ulong v)
    {
        var s = _bytes.GetSpan(10);
        var n = 0;
        for (; v >= 0x80; v >>= 7) s[n++] = (byte)(v | 0x80);
        s[n++] = (byte)v;
        _bytes.Advance(n);
    }
}

/// <summary>ONNX messages. Field numbers are those of onnx.proto.</summary>
internal static class OnnxProto
{
    public const int Float = 1, Int8 = 3, Int64 = 7;

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
    public static ProtoMessage Tensor(string name, int type, IEnumerable<long> shape, ReadOnlySpan<byte> data) => Header(name, type, shape).Bytes(9, data);

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
        new ProtoMessage().Int(1, 9).Text(2, "NClip").Message(7, graph).Message(8, new ProtoMessage().Text(1, "").Int(2, opset)).Written.ToArray();

    private static ProtoMessage Header(string name, int type, IEnumerable<long> shape)
    {
        var m = new ProtoMessage();
        foreach (var d in shape) m.Int(1, d);
        return m.Int(2, type).Text(8, name);
    }
}
