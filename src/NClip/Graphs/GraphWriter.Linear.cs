using NClip.Checkpoints;
using NClip.Towers;

namespace NClip.Graphs;

/// <summary>Linear layers on rows: [M, in] -> [M, out], in float32 or int8, from weights stored either way round.</summary>
internal sealed partial class GraphWriter
{
    private readonly Dictionary<Value, Value[]> _quantised = [];

    /// <summary>x·weightᵀ + bias; the weight is [out, in].</summary>
    public Value Linear(Value x, Scope<Value> weight, Scope<Value>? bias) => Linear(x, tensors[weight.Path], bias is { } b ? (Value)b : null);

    private Value Linear(Value x, ModelTensor t, Value? bias)
    {
        if (t.Scales is not null) return LinearInt8(x, t, bias);
        if (t.Parts.Count == 1) return Gemm(x, t, outFirst: true, bias);
        var b = bias is null ? null : Split(bias, [.. t.Parts.Select(p => p.Shape[0])], 0);
        return Concat(1, [.. t.Parts.Select((p, i) => Gemm(x, Stored($"{t.Name}.{i}", p.Shape, p), transposed: true, b?[i]))]);
    }

    /// <inheritdoc/>
    public Value Linear(Value x, Value weight, Value bias) => Gemm(x, weight, transposed: true, bias);

    /// <summary>A linear layer whose output is <paramref name="parts"/> equal pieces: query, key, value.</summary>
    public Value[] LinearPieces(Value x, Scope<Value> weight, Value bias, int parts)
    {
        var t = tensors[weight.Path];
        if (t.Scales is not null || t.Parts.Count != parts || t.Parts.Any(p => p.Shape[0] != t.Parts[0].Shape[0]))
            return Split(Linear(x, t, bias), Enumerable.Repeat(t.Shape[0] / parts, parts), 1);
        var b = Split(bias, t.Parts.Select(p => p.Shape[0]), 0);
        return [.. t.Parts.Select((p, i) => Gemm(x, Stored($"{t.Name}.{i}", p.Shape, p), transposed: true, b[i]))];
    }

    /// <summary>x·matrix (+ bias); the matrix is [in, out].</summary>
    public Value Project(Value x, Scope<Value> matrix, Scope<Value>? bias = null) =>
        Gemm(x, tensors[matrix.Path], outFirst: false, bias is { } b ? (Value)b : null);

    /// <summary>Rows of a matrix in pieces of the given sizes, without copying where the file allows.</summary>
    public Value[] Rows(Scope<Value> matrix, params long[] sizes)
    {
        var t = tensors[matrix.Path];
        if (t.Parts.Select(p => p.Shape[0]).SequenceEqual(sizes)) return [.. t.Parts.Select((p, i) => Stored($"{t.Name}.{i}", p.Shape, p))];
        if (t.Parts.Count > 1 || t.Transposed || t.Scales is not null || t.Parts[0].Type != TensorType.Float32) return Split(matrix, sizes, 0);
        var (r, from) = (new Value[sizes.Length], 0L);
        for (var i = 0; i < sizes.Length; from += sizes[i++])
        {
            var (at, bytes, whole) = (from * t.Shape[1] * sizeof(float), sizes[i] * t.Shape[1] * sizeof(float), t.Parts[0]);
            r[i] = Stored($"{t.Name}.rows{from}", [sizes[i], t.Shape[1]], whole with { Offset = whole.Offset + at, ByteLength = bytes, Read = () => whole.Bytes(at, checked((int)bytes)), ReadPart = (from, n) => whole.Bytes(at + from, n) });
        }
        return r;
    }

    private Value Gemm(Value x, ModelTensor t, bool outFirst, Value? bias) =>
        t.Parts.Count == 1
            ? Gemm(x, Stored(t.Transposed ? t.Name + ".T" : t.Name, t.Transposed ? [t.Shape[1], t.Shape[0]] : t.Shape, t.Parts[0]), outFirst ^ t.Transposed, bias)
            : Gemm(x, Weight(t.Name), outFirst, bias);

    private Value Gemm(Value x, Value w, bool transposed, Value? bias) =>
        Op("Gemm", bias is { } b ? [x, w, b] : [x, w], ("transB", transposed ? 1 : 0));

    /// <summary>Activations are quantised as they come (u8, per run), weights per output channel, as s8, or as u8 with zero at 128: whichever this processor sums exactly in int32 (<see cref="Inference.IntegerProducts"/>).</summary>
    private Value LinearInt8(Value x, ModelTensor t, Value? bias)
    {
        if (!_quantised.TryGetValue(x, out var q)) _quantised[x] = q = Ops("DynamicQuantizeLinear", 3, [x]);
        var (w, zero) = Integers(t);
        var sums = Op("Cast", [Op("MatMulInteger", zero is { } z ? [q[0], w, q[2], z] : [q[0], w, q[2]])], ("to", OnnxProto.Float));
        var y = Mul(sums, Mul(q[1], Stored(t.Name + ".scales", t.Scales!.Shape, t.Scales)));
        return bias is null ? y : Add(y, bias);
    }
}
