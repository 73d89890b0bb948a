using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NClip.Architectures;
using NClip.Checkpoints;

namespace NClip.Graphs;

/// <summary>The output of a node, an input of the graph, or a weight.</summary>
/// <param name="Name">Name in the graph.</param>
internal readonly record struct Value(string Name);

/// <summary>A dimension of a shape: a number, or a one-element int64 value that the graph computes.</summary>
internal readonly record struct Dim(long Number, Value? Computed)
{
    public static implicit operator Dim(long n) => new(n, null);

    public static implicit operator Dim(Value v) => new(0, v);
}

/// <summary>A place among the tensors' names: <c>w["attn"]["out_proj"]</c>. Used as a value, it is the tensor of that name.</summary>
internal readonly struct Scope(GraphWriter graph, string path)
{
    /// <summary>The canonical name so far.</summary>
    public string Path => path;

    /// <summary>The place below.</summary>
    public Scope this[string name] => new(graph, path.Length == 0 ? name : $"{path}.{name}");

    public static implicit operator Value(Scope s) => s.Weight();

    private Value Weight() => graph.Weight(path);
}

/// <summary>Writes an ONNX graph node by node; weights stay where they are on the disk, or go inside where they have no place there.</summary>
internal sealed partial class GraphWriter(ModelTensors tensors)
{
    /// <summary>Version of the ONNX operators; 20 is the first with Gelu.</summary>
    public const int Opset = 20;

    private readonly ProtoMessage _graph = new();
    private readonly Dictionary<string, Value> _constants = [];
    private readonly Dictionary<string, int> _names = [];
    private readonly HashSet<ExternalFile> _files = [];

    /// <summary>The files that the graph's external weights lie in, all in one folder.</summary>
    public IReadOnlySet<ExternalFile> Files => _files;

    /// <summary>All tensors, from the root of the names.</summary>
    public Scope Weights => new(this, "");

    /// <summary>An input of the graph; a dimension is a number or a name.</summary>
    public Value Input(string name, int type, params object[] dims)
    {
        _graph.Message(11, OnnxProto.ValueInfo(name, type, dims));
        return new Value(name);
    }

    /// <summary>Makes <paramref name="x"/> the output <paramref name="name"/> and returns the model's bytes.</summary>
    public byte[] Finish(Value x, string name, params object[] dims)
    {
        _graph.Message(1, OnnxProto.Node("Identity", name, [x.Name], [name], []));
        _graph.Message(12, OnnxProto.ValueInfo(name, OnnxProto.Float, dims));
        _graph.Text(2, "clip");
        return OnnxProto.Model(_graph, Opset);
    }

    /// <summary>A node with one output.</summary>
    public Value Op(string op, IEnumerable<Value> inputs, params (string Name, object Value)[] attributes) => Ops(op, 1, inputs, attributes)[0];

    /// <summary>A node with <paramref name="outputs"/> outputs.</summary>
    public Value[] Ops(string op, int outputs, IEnumerable<Value> inputs, params (string Name, object Value)[] attributes)
    {
        var id = Unique(op);
        Value[] r = [.. Enumerable.Range(0, outputs).Select(i => new Value(outputs == 1 ? id : $"{id}.{i}"))];
        _graph.Message(1, OnnxProto.Node(op, id, inputs.Select(v => v.Name), r.Select(v => v.Name), attributes));
        return r;
    }

    /// <summary>A float constant, scalar or vector.</summary>
    public Value Constant(params float[] x) => Constant("f", OnnxProto.Float, x, x.Length == 1 ? [] : [x.Length]);

    /// <summary>A vector of integers.</summary>
    public Value Int64s(params long[] x) => Constant("i", OnnxProto.Int64, x, [x.Length]);

    /// <summary>One integer without dimensions.</summary>
    public Value Int64(long x) => Constant("s", OnnxProto.Int64, [x], []);

    /// <summary>A shape, of numbers and of computed dimensions.</summary>
    public Value Shape(params Dim[] dims)
    {
        if (dims.All(d => d.Computed is null)) return Int64s([.. dims.Select(d => d.Number)]);
        var key = "shape:" + string.Join(",", dims);
        if (_constants.TryGetValue(key, out var v)) return v;
        return _constants[key] = Op("Concat", dims.Select(d => d.Computed ?? Int64s(d.Number)), ("axis", 0));
    }

    /// <summary>The tensor of a canonical name, as float32 in its canonical shape.</summary>
    public Value Weight(string name)
    {
        if (_constants.TryGetValue(name, out var v)) return v;
        var t = tensors[name];
        return _constants[name] = t.Parts.Count == 1 && !t.Transposed ? Stored(name, t.Shape, t.Parts[0]) : Inline(name, t.Shape, t.ToFloat32);
    }

    /// <summary>A tensor as the file stores it: a part of a canonical one, or one that is transposed.</summary>
    private Value Stored(string name, long[] shape, TensorEntry entry)
    {
        if (_constants.TryGetValue(name, out var v)) return v;
        var type = entry.Type switch { TensorType.Float32 => OnnxProto.Float, TensorType.Int8 => OnnxProto.Int8, _ => 0 };
        if (type == 0) return _constants[name] = Inline(name, shape, entry.ToFloat32);
        Store(name, type, shape, entry, ExternalFile.Of(entry));
        return _constants[name] = new Value(name);
    }

    /// <summary>A tensor of 16-bit floats as the file stores it, or null where it is none or not stored in one piece.</summary>
    private Value? HalfTable(Scope table)
    {
        var t = tensors[table.Path];
        if (t.Parts is not [var entry] || t.Transposed || entry.Type is not (TensorType.Float16 or TensorType.BFloat16)) return null;
        var name = t.Name + ".half";
        if (_constants.TryGetValue(name, out var v)) return v;
        Store(name, entry.Type == TensorType.Float16 ? OnnxProto.Float16 : OnnxProto.BFloat16, t.Shape, entry, entry.File is { } f ? ExternalFile.Of(f) : null);
        return _constants[name] = new Value(name);
    }

    /// <summary>A tensor with the bytes it has in its file: by reference where the graph can refer there, else inside.</summary>
    private void Store(string name, int type, long[] shape, TensorEntry entry, ExternalFile? external)
    {
        if (external is { } file && _files.All(f => f.Folder == file.Folder))
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
        _graph.Message(5, OnnxProto.Tensor(name, OnnxProto.Float, shape, length, to => convert(MemoryMarshal.Cast<byte, float>(to))));
        return new Value(name);
    }

    private Value Constant<T>(string kind, int type, T[] x, long[] shape)
        where T : unmanaged
    {
        var key = kind + ":" + string.Join(",", x.Select(i => Convert.ToString(i, CultureInfo.InvariantCulture)));
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
