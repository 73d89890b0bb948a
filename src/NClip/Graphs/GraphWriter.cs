using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Towers;

namespace NClip.Graphs;

/// <summary>The output of a node, an input of the graph, or a weight.</summary>
/// <param name="Name">Name in the graph.</param>
internal sealed record Value(string Name);

/// <summary>Writes an ONNX graph node by node; weights stay where they are on the disk, or go inside where they have no place there.</summary>
/// <param name="tensors">The weights.</param>
/// <param name="own">Where all of them go instead; null: as above.</param>
internal sealed partial class GraphWriter(ModelTensors tensors, OwnWeights? own = null) : IOperators<Value>
{
    /// <summary>Version of the ONNX operators; 20 is the first with Gelu.</summary>
    public const int Opset = 20;

    private readonly ProtoMessage _graph = new();
    private readonly Dictionary<string, Value> _constants = [];
    private readonly Dictionary<string, int> _names = [];
    private readonly HashSet<ExternalFile> _files = [];
    private readonly Dictionary<(string Table, Value Ids), Value> _given = [];

    /// <summary>The files that the graph's external weights lie in, all in one folder.</summary>
    public IReadOnlySet<ExternalFile> Files => _files;

    /// <summary>An input of the graph; a dimension is a number or a name.</summary>
    public Value Input(string name, int type, params object[] dims)
    {
        _graph.Message(11, OnnxProto.ValueInfo(name, type, dims));
        return new Value(name);
    }

    /// <summary>Makes <paramref name="x"/> an output of this name; a dimension is a number or a name.</summary>
    public void Output(Value x, string name, int type, params object[] dims)
    {
        _graph.Message(1, OnnxProto.Node("Identity", name, [x.Name], [name], []));
        _graph.Message(12, OnnxProto.ValueInfo(name, type, dims));
    }

    /// <summary>The model's bytes.</summary>
    public byte[] Finish()
    {
        _graph.Text(2, "clip");
        return OnnxProto.Model(_graph, Opset);
    }

    /// <summary>A node with one output.</summary>
    private Value Op(string op, IEnumerable<Value> inputs, params (string Name, object Value)[] attributes) => Ops(op, 1, inputs, attributes)[0];

    /// <summary>A node with <paramref name="outputs"/> outputs.</summary>
    private Value[] Ops(string op, int outputs, IEnumerable<Value> inputs, params (string Name, object Value)[] attributes)
    {
        var id = Unique(op);
        Value[] r = [.. Enumerable.Range(0, outputs).Select(i => new Value(outputs == 1 ? id : $"{id}.{i}"))];
        _graph.Message(1, OnnxProto.Node(op, id, inputs.Select(v => v.Name), r.Select(v => v.Name), attributes));
        return r;
    }

    /// <inheritdoc/>
    public Value Constant(float x) => Constant<float>("f", OnnxProto.Float, [x], []);

    /// <inheritdoc/>
    public Value Constant(long x) => Constant<long>("s", OnnxProto.Int64, [x], []);

    /// <inheritdoc/>
    public Value Constant(float[] values, params long[] shape) => Inline(Unique("numbers"), shape, to => values.CopyTo(to));

    /// <summary>A vector of integers.</summary>
    private Value Int64s(params long[] x) => Constant("i", OnnxProto.Int64, x, [x.Length]);

    /// <summary>A shape, of numbers and of computed dimensions.</summary>
    private Value Shape(params Dim[] dims)
    {
        if (dims.All(d => d.Computed is null)) return Int64s([.. dims.Select(d => d.Number)]);
        var key = "shape:" + string.Join(",", dims);
        if (_constants.TryGetValue(key, out var v)) return v;
        return _constants[key] = Op("Concat", dims.Select(d => d.Computed is { } name ? new Value(name) : Int64s(d.Number)), ("axis", 0));
    }

    /// <inheritdoc/>
    public Value Weight(string name)
    {
        if (_constants.TryGetValue(name, out var v)) return v;
        var t = tensors[name];
        return _constants[name] = t is { Parts.Count: 1, Transposed: false, Scales: null } ? Stored(name, t.Shape, t.Parts[0]) : Inline(name, t.Shape, t.ToFloat32);
    }

    /// <summary>A tensor as the file stores it, in float32: a part of a canonical one, or one that is transposed.</summary>
    private Value Stored(string name, long[] shape, TensorEntry entry)
    {
        if (_constants.TryGetValue(name, out var v)) return v;
        if (entry.Type != TensorType.Float32) return _constants[name] = Inline(name, shape, entry.ToFloat32);
        Store(name, OnnxProto.Float, shape, entry);
        return _constants[name] = new Value(name);
    }

    /// <summary>A matrix of 8-bit integers, and the value that stands for zero in it: null where that is 0.</summary>
    private (Value Matrix, Value? Zero) Integers(ModelTensor t)
    {
        var entry = t.Parts[0];
        var unsigned = entry.Type == TensorType.UInt8 ^ t.Turned;
        if (!_constants.TryGetValue(t.Name, out var matrix))
        {
            Store(t.Name, unsigned ? OnnxProto.UInt8 : OnnxProto.Int8, entry.Shape, entry);
            matrix = new Value(t.Name);
            if (t.Turned) matrix = Op("BitwiseXor", [matrix, TopBit(unsigned)]); // the runtime does it once, when it makes the session
            _constants[t.Name] = matrix;
        }
        return (matrix, unsigned ? TopBit(unsigned) : null);
    }

    private Value TopBit(bool unsigned) => Constant("top", unsigned ? OnnxProto.UInt8 : OnnxProto.Int8, [ModelTensor.UnsignedZero], []);

    /// <summary>A table of 8-bit integers and its rows' scales, or null where it is none.</summary>
    private (Value Integers, Value Scales)? Integers(Scope<Value> table)
    {
        var t = tensors[table.Path];
        if (t is not { IsTable: true, Scales: { } scales }) return null;
        if (!_constants.TryGetValue(t.Name, out var integers))
        {
            Store(t.Name, OnnxProto.Int8, t.Shape, t.Parts[0]);
            integers = _constants[t.Name] = new Value(t.Name);
        }
        return (integers, Stored(t.Name + ".scales", scales.Shape, scales));
    }

    /// <summary>A tensor of 16-bit floats as the file stores it, or null where it is none or not stored in one piece.</summary>
    private Value? HalfTable(Scope<Value> table)
    {
        var t = tensors[table.Path];
        if (t.Parts is not [var entry] || t.Transposed || entry.Type is not (TensorType.Float16 or TensorType.BFloat16)) return null;
        var name = t.Name + ".half";
        if (_constants.TryGetValue(name, out var v)) return v;
        Store(name, entry.Type == TensorType.Float16 ? OnnxProto.Float16 : OnnxProto.BFloat16, t.Shape, entry);
        return _constants[name] = new Value(name);
    }

    /// <summary>A tensor with the bytes it has in its file: by reference where the graph can refer there, else inside.</summary>
    private void Store(string name, int type, long[] shape, TensorEntry entry)
    {
        if (own?.Take(entry.ByteLength, to => to.Write(entry.Bytes().Span)) is { } at)
        {
            _graph.Message(5, OnnxProto.ExternalTensor(name, type, shape, own.File!, at, entry.ByteLength));
        }
        else if (own is null && ExternalFile.Of(entry, entry.Type) is { } file && _files.All(f => f.Folder == file.Folder))
        {
            _files.Add(file);
            _graph.Message(5, OnnxProto.ExternalTensor(name, type, shape, file.Name, entry.Offset, entry.ByteLength));
        }
        else
        {
            _graph.Message(5, OnnxProto.Tensor(name, type, shape, entry.ByteLength, to => entry.Bytes().Span.CopyTo(to)));
        }
    }

    private Value Inline(string name, long[] shape, Action<Span<float>> convert)
    {
        var length = shape.Aggregate((long)sizeof(float), (a, b) => a * b);
        _graph.Message(5, own?.Take(length, Converted) is { } at
            ? OnnxProto.ExternalTensor(name, OnnxProto.Float, shape, own.File!, at, length)
            : OnnxProto.Tensor(name, OnnxProto.Float, shape, length, to => convert(MemoryMarshal.Cast<byte, float>(to))));
        return new Value(name);

        void Converted(Stream to)
        {
            var values = new float[length / sizeof(float)];
            convert(values);
            to.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    private Value Constant<T>(string kind, int type, T[] x, long[] shape)
        where T : unmanaged
    {
        var key = $"{kind}{type}:" + string.Join(",", x.Select(i => Convert.ToString(i, CultureInfo.InvariantCulture)));
        if (_constants.TryGetValue(key, out var v)) return v;
        var name = Unique("const");
        _graph.Message(5, OnnxProto.Tensor(name, type, shape, x.Length * Unsafe.SizeOf<T>(), to => MemoryMarshal.AsBytes(x.AsSpan()).CopyTo(to)));
        return _constants[key] = new Value(name);
    }

    private string Unique(string stem)
    {
        ref var n = ref CollectionsMarshal.GetValueRefOrAddDefault(_names, stem, out _);
        return $"{stem}_{n++}";
    }
}
