using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>The operators that the towers are written in.</summary>
internal sealed partial class GraphWriter
{
    /// <summary>a + b.</summary>
    public Value Add(Value a, Value b) => Op("Add", [a, b]);

    /// <summary>a · b, element by element.</summary>
    public Value Mul(Value a, Value b) => Op("Mul", [a, b]);

    /// <summary>Matrix product of the last two dimensions.</summary>
    public Value MatMul(Value a, Value b) => Op("MatMul", [a, b]);

    /// <summary>Softmax over the last dimension.</summary>
    public Value Softmax(Value x) => Op("Softmax", [x], ("axis", -1));

    /// <summary>max(x, 0).</summary>
    public Value Relu(Value x) => Op("Relu", [x]);

    /// <summary>Dimensions in another order.</summary>
    public Value Transpose(Value x, params int[] order) => Op("Transpose", [x], ("perm", order));

    /// <summary>Another shape; -1 is what is left, 0 the same as before.</summary>
    public Value Reshape(Value x, params Dim[] shape) => Op("Reshape", [x, Shape(shape)]);

    /// <summary>One behind the other along <paramref name="axis"/>.</summary>
    public Value Concat(int axis, params Value[] x) => Op("Concat", x, ("axis", axis));

    /// <summary>The elements at <paramref name="index"/> of dimension <paramref name="axis"/>, which disappears.</summary>
    public Value Take(Value x, int axis, long index) => Op("Gather", [x, Int64(index)], ("axis", axis));

    /// <summary>Rows of a table, as float32. A table of 16-bit floats stays as it is stored: what is taken of it is converted, which is exact.</summary>
    public Value Lookup(Scope table, Value ids) => HalfTable(table) is { } half
        ? Op("Cast", [Op("Gather", [half, ids], ("axis", 0))], ("to", OnnxProto.Float))
        : Op("Gather", [table, ids], ("axis", 0));

    /// <summary>Elements from..to of dimension <paramref name="axis"/>.</summary>
    public Value Slice(Value x, int axis, Dim from, Dim to) => Op("Slice", [x, Shape(from), Shape(to), Int64s(axis)]);

    /// <summary>The size of dimension <paramref name="axis"/>, as a vector of one integer.</summary>
    public Value Size(Value x, int axis) => Op("Shape", [x], ("start", axis), ("end", axis + 1));

    /// <summary>Mean over dimension <paramref name="axis"/>, which disappears.</summary>
    public Value Mean(Value x, int axis) => Op("ReduceMean", [x, Int64s(axis)], ("keepdims", 0));

    /// <summary>Sum over dimension <paramref name="axis"/>, which disappears.</summary>
    public Value Sum(Value x, int axis) => Op("ReduceSum", [x, Int64s(axis)], ("keepdims", 0));

    /// <summary>The vector or matrix repeated for each element of the batch of <paramref name="like"/>: [...] -> [N, ...].</summary>
    public Value Repeat(Value x, Value like, params long[] shape) => Op("Expand", [x, Shape([Size(like, 0), .. shape.Select(s => (Dim)s)])]);

    /// <summary>Layer norm over the last dimension.</summary>
    public Value LayerNorm(Value x, Scope w, float epsilon) => Op("LayerNormalization", [x, w["weight"], w["bias"]], ("axis", -1), ("epsilon", epsilon));

    /// <summary>The nonlinearity.</summary>
    public Value Activate(Value x, Activation activation) => activation switch
    {
        Activation.QuickGelu => Mul(x, Op("Sigmoid", [Mul(x, Constant(1.702f))])),
        Activation.Gelu => Op("Gelu", [x]),
        Activation.GeluTanh => Op("Gelu", [x], ("approximate", "tanh")),
        _ => Relu(x),
    };

    /// <summary>Convolution; <c>w.bias</c> where <paramref name="bias"/>. Padding is the same on all sides.</summary>
    public Value Conv(Value x, Scope w, int stride = 1, int padding = 0, int groups = 1, bool bias = false) =>
        Op("Conv", bias ? [x, w["weight"], w["bias"]] : [x, w["weight"]], ("strides", new[] { stride, stride }), ("pads", Sides(padding)), ("group", groups));

    /// <summary>Convolution with bias and TensorFlow's SAME padding: the odd pixel goes right and below.</summary>
    public Value ConvSame(Value x, Scope w, int stride = 1, int groups = 1) =>
        Op("Conv", [x, w["weight"], w["bias"]], ("strides", new[] { stride, stride }), ("auto_pad", "SAME_UPPER"), ("group", groups));

    /// <summary>Batch norm with running statistics.</summary>
    public Value BatchNorm(Value x, Scope w, float epsilon = 1e-5f) =>
        Op("BatchNormalization", [x, w["weight"], w["bias"], w["running_mean"], w["running_var"]], ("epsilon", epsilon));

    /// <summary>Average pooling, stride = size.</summary>
    public Value AveragePool(Value x, int size) => Op("AveragePool", [x], ("kernel_shape", new[] { size, size }), ("strides", new[] { size, size }));

    /// <summary>Max pooling.</summary>
    public Value MaxPool(Value x, int size, int stride, int padding) =>
        Op("MaxPool", [x], ("kernel_shape", new[] { size, size }), ("strides", new[] { stride, stride }), ("pads", Sides(padding)));

    /// <summary>Mean over the picture: [N, C, H, W] -> [N, C].</summary>
    public Value GlobalAveragePool(Value x) => Reshape(Op("GlobalAveragePool", [x]), 0, -1);

    private static int[] Sides(int p) => [p, p, p, p];
}
