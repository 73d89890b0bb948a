using NClip.Checkpoints;
using NClip.Towers;
using NClip.Towers.Blocks;

namespace NClip.Graphs;

/// <summary>The towers' operators, one or a few nodes each.</summary>
internal sealed partial class GraphWriter
{
    /// <inheritdoc/>
    public Value Add(Value a, Value b) => Op("Add", [a, b]);

    /// <inheritdoc/>
    public Value Sub(Value a, Value b) => Op("Sub", [a, b]);

    /// <inheritdoc/>
    public Value Mul(Value a, Value b) => Op("Mul", [a, b]);

    /// <inheritdoc/>
    public Value Div(Value a, Value b) => Op("Div", [a, b]);

    /// <inheritdoc/>
    public Value Mod(Value a, Value b) => Op("Mod", [a, b]);

    /// <inheritdoc/>
    public Value Sqrt(Value x) => Op("Sqrt", [x]);

    /// <inheritdoc/>
    public Value Sigmoid(Value x) => Op("Sigmoid", [x]);

    /// <inheritdoc/>
    public Value Tanh(Value x) => Op("Tanh", [x]);

    /// <inheritdoc/>
    public Value Activate(Value x, Activation activation) => activation switch
    {
        Activation.QuickGelu => Mul(x, Sigmoid(Mul(x, Constant(1.702f)))),
        Activation.Gelu => Op("Gelu", [x]),
        Activation.GeluTanh => Op("Gelu", [x], ("approximate", "tanh")),
        Activation.Silu => Mul(x, Sigmoid(x)),
        _ => Op("Relu", [x]),
    };

    /// <inheritdoc/>
    public Value Clamp(Value x, float? low, float? high) => high is { } h
        ? Op("Clip", [x, Constant(low ?? float.NegativeInfinity), Constant(h)])
        : Op("Max", [x, Constant(low ?? float.NegativeInfinity)]);

    /// <inheritdoc/>
    public Value Within(Value x, float low, Value high) => Op("Clip", [x, Constant(low), Reshape(high)]);

    /// <inheritdoc/>
    public Value WithoutFilling(Value ids, long id)
    {
        var used = Op("ReduceMax", [ToInteger(Op("Not", [Op("Equal", [ids, Constant(id)])])), Int64s(0)], ("keepdims", 0)); // [L]
        return Op("Slice", [ids, Int64s(0), Op("Max", [Op("ReduceSum", [used, Int64s(0)], ("keepdims", 1)), Int64s(1)]), Int64s(1)]);
    }

    /// <inheritdoc/>
    public Dim Size(Value x, int axis) => new(0, Op("Shape", [x], ("start", axis), ("end", axis + 1)).Name);

    /// <inheritdoc/>
    public Value Reshape(Value x, params Dim[] shape) => Op("Reshape", [x, Shape(shape)]);

    /// <inheritdoc/>
    public Value ReshapeLike(Value x, Value like) => Op("Reshape", [x, Op("Shape", [like])]);

    /// <inheritdoc/>
    public Value Unsqueeze(Value x, params long[] axes) => Op("Unsqueeze", [x, Int64s(axes)]);

    /// <inheritdoc/>
    public Value Transpose(Value x, params int[] order) => Op("Transpose", [x], ("perm", order));

    /// <inheritdoc/>
    public Value Concat(int axis, params Value[] x) => Op("Concat", x, ("axis", axis));

    /// <inheritdoc/>
    public Value[] Split(Value x, IEnumerable<long> sizes, int axis)
    {
        long[] s = [.. sizes];
        return Ops("Split", s.Length, [x, Int64s(s)], ("axis", axis));
    }

    /// <inheritdoc/>
    public Value Slice(Value x, int axis, Dim from, Dim to) => Op("Slice", [x, Shape(from), Shape(to), Int64s(axis)]);

    /// <inheritdoc/>
    public Value Take(Value x, int axis, long index) => Op("Gather", [x, Constant(index)], ("axis", axis));

    /// <inheritdoc/>
    public Value Repeat(Value x, Value like, params long[] shape) => Op("Expand", [x, Shape([Size(like, 0), .. shape.Select(s => (Dim)s)])]);

    /// <inheritdoc/>
    public Value Mean(Value x, int axis, bool keep = false) => Op("ReduceMean", [x, Int64s(axis)], ("keepdims", keep ? 1 : 0));

    /// <inheritdoc/>
    public Value Sum(Value x, int axis, bool keep = false) => Op("ReduceSum", [x, Int64s(axis)], ("keepdims", keep ? 1 : 0));

    /// <inheritdoc/>
    public Value LayerNorm(Value x, Scope<Value> w, float epsilon) => Op("LayerNormalization", [x, w["weight"], w["bias"]], ("axis", -1), ("epsilon", epsilon));

    /// <inheritdoc/>
    public Value Normalize(Value x) => Op("LpNormalization", [x], ("axis", -1), ("p", 2));

    /// <inheritdoc/>
    public Value Softmax(Value x) => Op("Softmax", [x], ("axis", -1));

    /// <inheritdoc/>
    public Value Attend(Value q, Value k, Value v, float scale, Value? mask)
    {
        var scores = Op("MatMul", [Mul(q, Constant(scale)), Transpose(k, 0, 1, 3, 2)]);                  // [N, H, Lq, Lk]
        if (mask is not null) scores = Add(scores, mask);
        return Op("MatMul", [Softmax(scores), v]);
    }

    /// <summary>Rows of a table. A table of 16-bit floats or of integers stays as it is stored: what is taken of it is converted, and multiplied with its rows' scales.</summary>
    public Value Lookup(Scope<Value> table, Value ids) => _given.TryGetValue((table.Path, ids), out var rows) ? rows
        : tensors[table.Path] is { Parts: [{ Integers: { } stored }], Transposed: false } t ? LookupIntegers(t, stored, ids)
        : Integers(table) is (var integers, var scales) ? Mul(AsFloat(Lookup(integers, ids)), Unsqueeze(Lookup(scales, ids), -1))
        : HalfTable(table) is { } half ? AsFloat(Lookup(half, ids))
        : Lookup((Value)table, ids);

    /// <summary>Rows of a table that is stored as integers, multiplied by their scales when they are taken: [V, W], ids [N, L] -> [N, L, W].</summary>
    private Value LookupIntegers(ModelTensor t, RowIntegers stored, Value ids)
    {
        Value Rows(string name, int type, TensorEntry entry)
        {
            if (_constants.TryAdd(name, new Value(name))) Store(name, type, entry.Shape, entry);
            return Lookup(_constants[name], ids);
        }
        var rows = Rows(t.Name + ".integers", stored.IsFour ? OnnxProto.UInt8 : OnnxProto.Int8, stored.Integers);
        var scales = AsFloat(Rows(t.Name + ".rowscales", stored.Scales.Type == TensorType.Float16 ? OnnxProto.Float16 : OnnxProto.Float, stored.Scales)); // [N, L, G]
        if (stored.IsFour)
        {
            Value Byte(byte x) => Constant("u", OnnxProto.UInt8, [x], []);
            rows = Sub(AsFloat(Concat(2, Op("BitwiseAnd", [rows, Byte(15)]), Op("BitShift", [rows, Byte(4)], ("direction", "RIGHT")))), Constant((float)RowIntegers.Zero4));
        }
        else rows = AsFloat(rows);
        if (stored.Groups == 1) return Mul(rows, scales);
        var grouped = Mul(Reshape(rows, 0, 0, stored.Groups, -1), Unsqueeze(scales, 3));
        return Reshape(grouped, 0, 0, t.Shape[1]);
    }

    /// <inheritdoc/>
    public Value Lookup(Value table, Value ids) => Op("Gather", [table, ids], ("axis", 0));

    /// <inheritdoc/>
    public void GiveRows(string table, Value ids, Value rows) => _given[(table, ids)] = rows;

    /// <inheritdoc/>
    public Value Conv(Value x, Scope<Value> w, int stride = 1, Padding padding = default, int groups = 1, bool bias = false) =>
        Op("Conv", bias ? [x, w["weight"], w["bias"]] : [x, w["weight"]], ("strides", new[] { stride, stride }), padding == Padding.Same ? ("auto_pad", "SAME_UPPER") : ("pads", Sides(padding)), ("group", groups));

    /// <inheritdoc/>
    public Value BatchNorm(Value x, Scope<Value> w, float epsilon = 1e-5f) =>
        Op("BatchNormalization", [x, w["weight"], w["bias"], w["running_mean"], w["running_var"]], ("epsilon", epsilon));

    /// <inheritdoc/>
    public Value AveragePool(Value x, int size, int stride, int padding = 0) =>
        Op("AveragePool", [x], ("kernel_shape", new[] { size, size }), ("strides", new[] { stride, stride }), ("pads", Sides(padding)));

    /// <inheritdoc/>
    public Value MaxPool(Value x, int size, int stride, int padding) =>
        Op("MaxPool", [x], ("kernel_shape", new[] { size, size }), ("strides", new[] { stride, stride }), ("pads", Sides(padding)));

    /// <inheritdoc/>
    public Value GlobalAveragePool(Value x) => Reshape(Op("GlobalAveragePool", [x]), 0, -1);

    /// <inheritdoc/>
    public Value IsNot(Value ids, long id) => AsFloat(Op("Not", [Op("Equal", [ids, Constant(id)])]));

    /// <inheritdoc/>
    public Value IsAtLeast(Value ids, long id) => AsFloat(Op("GreaterOrEqual", [ids, Constant(id)]));

    /// <inheritdoc/>
    public Value PlaceOf(Value ids, long id) => PlaceOfLargest(ToInteger(Op("Equal", [ids, Constant(id)])));

    /// <inheritdoc/>
    public Value PlaceOfLargest(Value ids) => Op("ArgMax", [ids], ("axis", 1), ("keepdims", 1));

    /// <inheritdoc/>
    public Value TakeAt(Value x, Value places) => Op("GatherND", [x, places], ("batch_dims", 1));

    /// <inheritdoc/>
    public Value CumulativeSum(Value x, int axis) => Op("CumSum", [x, Constant((long)axis)]);

    /// <inheritdoc/>
    public Value ToInteger(Value x) => Op("Cast", [x], ("to", OnnxProto.Int64));

    /// <inheritdoc/>
    public Value CausalMask(Dim length) =>
        Op("Trilu", [Op("Expand", [Constant(float.NegativeInfinity), Shape(length, length)]), Constant(1L)], ("upper", 1));

    /// <inheritdoc/>
    public Value ToFloat(Value x) => AsFloat(x);

    /// <inheritdoc/>
    public Value Range(Dim length) => AsFloat(Op("Range", [Constant(0L), length.Computed is null ? Constant(length.Number) : Op("Squeeze", [new Value(length.Computed)]), Constant(1L)]));

    private Value AsFloat(Value x) => Op("Cast", [x], ("to", OnnxProto.Float));

    private static int[] Sides(Padding p) => [p.Before, p.Before, p.After, p.After];
}
