using NClip.Towers.Blocks;

namespace NClip.Towers;

/// <summary>A value of which only the shape is known.</summary>
internal sealed record Sized(params long[] Shape)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);
}

/// <summary>The towers' operators over shapes: what comes out of a network, and how much arithmetic it is.</summary>
/// <param name="tensors">The weights' shapes.</param>
internal sealed class ShapeOperators(IEnumerable<ExpectedTensor> tensors) : IOperators<Sized>
{
    private readonly Dictionary<string, long[]> _weights = tensors.ToDictionary(t => t.Name, t => t.Shape);

    /// <summary>Floating point operations of matrix products and convolutions so far.</summary>
    public double Flops { get; private set; }

    /// <summary>Elements of the largest value that a matrix product or a convolution gave so far.</summary>
    public long Largest { get; private set; }

    public Sized Weight(string name) => new(_weights[name]);

    public Sized Constant(float x) => new();

    public Sized Constant(long x) => new();

    public Sized Constant(float[] values, params long[] shape) => new(shape);

    public Sized Add(Sized a, Sized b) => Broadcast(a, b);

    public Sized Sub(Sized a, Sized b) => Broadcast(a, b);

    public Sized Mul(Sized a, Sized b) => Broadcast(a, b);

    public Sized Div(Sized a, Sized b) => Broadcast(a, b);

    public Sized Mod(Sized a, Sized b) => Broadcast(a, b);

    public Sized Sqrt(Sized x) => x;

    public Sized Sigmoid(Sized x) => x;

    public Sized Tanh(Sized x) => x;

    public Sized Activate(Sized x, Activation activation) => x;

    public Sized Clamp(Sized x, float? low, float? high) => x;

    public Sized Within(Sized x, float low, Sized high) => x;

    public Sized WithoutFilling(Sized ids, long id) => ids;

    public Dim Size(Sized x, int axis) => x.Shape[axis];

    public Sized Reshape(Sized x, params Dim[] shape)
    {
        long[] s = [.. shape.Select((d, i) => d.Number == 0 ? x.Shape[i] : d.Number)];
        var rest = Array.IndexOf(s, -1);
        if (rest >= 0) s[rest] = x.Count / s.Where((_, i) => i != rest).Aggregate(1L, (a, b) => a * b);
        return new(s);
    }

    public Sized ReshapeLike(Sized x, Sized like) => like;

    public Sized Unsqueeze(Sized x, params long[] axes)
    {
        List<long> s = [.. x.Shape];
        foreach (var a in axes) s.Insert((int)a, 1);
        return new([.. s]);
    }

    public Sized Transpose(Sized x, params int[] order) => new([.. order.Select(o => x.Shape[o])]);

    public Sized Concat(int axis, params Sized[] x) => With(x[0], axis, x.Sum(v => v.Shape[axis]));

    public Sized[] Split(Sized x, IEnumerable<long> sizes, int axis) => [.. sizes.Select(s => With(x, axis, s))];

    public Sized Slice(Sized x, int axis, Dim from, Dim to)
    {
        var size = x.Shape[axis];
        long At(Dim d) => d.Number < 0 ? d.Number + size : Math.Min(d.Number, size);
        return With(x, axis, At(to) - At(from));
    }

    public Sized Take(Sized x, int axis, long index) => Without(x, axis);

    public Sized Repeat(Sized x, Sized like, params long[] shape) => new([like.Shape[0], .. shape]);

    public Sized Mean(Sized x, int axis, bool keep = false) => keep ? With(x, At(x, axis), 1) : Without(x, At(x, axis));

    public Sized Sum(Sized x, int axis, bool keep = false) => Mean(x, axis, keep);

    public Sized LayerNorm(Sized x, Scope<Sized> w, float epsilon) => x;

    public Sized Normalize(Sized x) => x;

    public Sized Softmax(Sized x) => x;

    public Sized Attend(Sized q, Sized k, Sized v, float scale, Sized? mask)
    {
        var (n, heads, queries, keys) = (Math.Max(q.Shape[0], k.Shape[0]), q.Shape[1], q.Shape[2], k.Shape[2]);
        Flops += 2.0 * n * heads * queries * keys * (q.Shape[3] + v.Shape[3]);
        Made(new(n, heads, queries, keys));
        return Made(new(n, heads, queries, v.Shape[3]));
    }

    public Sized Rotate(Sized x, RotaryPositions positions, int channels) => x;

    public Sized Linear(Sized x, Scope<Sized> weight, Scope<Sized>? bias) => Product(x, ((Sized)weight).Shape[0]);

    public Sized Linear(Sized x, Sized weight, Sized bias) => Product(x, weight.Shape[0]);

    public Sized[] LinearPieces(Sized x, Scope<Sized> weight, Sized bias, int parts)
    {
        var y = Linear(x, (Sized)weight, bias);
        return [.. Enumerable.Repeat(With(y, y.Shape.Length - 1, y.Shape[^1] / parts), parts)];
    }

    public Sized Project(Sized x, Scope<Sized> matrix, Scope<Sized>? bias = null) => Product(x, ((Sized)matrix).Shape[1]);

    public Sized[] Rows(Scope<Sized> matrix, params long[] sizes) => Split(matrix, sizes, 0);

    public Sized Lookup(Scope<Sized> table, Sized ids) => Lookup((Sized)table, ids);

    public Sized Lookup(Sized table, Sized ids) => new([.. ids.Shape, table.Shape[1]]);

    public void GiveRows(string table, Sized ids, Sized rows)
    {
        // The rows' shape is that of the lookup.
    }

    public Sized Conv(Sized x, Scope<Sized> w, int stride = 1, Padding padding = default, int groups = 1, bool bias = false)
    {
        var kernel = ((Sized)w["weight"]).Shape;
        long Side(long size, long k) => padding == Padding.Same ? (size + stride - 1) / stride : ((size + padding.Before + padding.After - k) / stride) + 1;
        var y = new Sized(x.Shape[0], kernel[0], Side(x.Shape[2], kernel[2]), Side(x.Shape[3], kernel[3]));
        Flops += 2.0 * y.Count * kernel[1] * kernel[2] * kernel[3];
        return Made(y);
    }

    public Sized BatchNorm(Sized x, Scope<Sized> w, float epsilon = 1e-5f) => x;

    public Sized AveragePool(Sized x, int size, int stride, int padding = 0) => MaxPool(x, size, stride, padding);

    public Sized MaxPool(Sized x, int size, int stride, int padding) =>
        new(x.Shape[0], x.Shape[1], ((x.Shape[2] + (2 * padding) - size) / stride) + 1, ((x.Shape[3] + (2 * padding) - size) / stride) + 1);

    public Sized GlobalAveragePool(Sized x) => new(x.Shape[0], x.Shape[1]);

    public Sized IsNot(Sized ids, long id) => ids;

    public Sized IsAtLeast(Sized ids, long id) => ids;

    public Sized PlaceOf(Sized ids, long id) => new(ids.Shape[0], 1);

    public Sized PlaceOfLargest(Sized ids) => new(ids.Shape[0], 1);

    public Sized TakeAt(Sized x, Sized places) => new(x.Shape[0], x.Shape[2]);

    public Sized CumulativeSum(Sized x, int axis) => x;

    public Sized ToInteger(Sized x) => x;

    public Sized ToFloat(Sized x) => x;

    public Sized Range(Dim length) => new(length.Number);

    public Sized CausalMask(Dim length) => new(length.Number, length.Number);

    private Sized Product(Sized x, long to)
    {
        Flops += 2.0 * x.Count * to;
        return Made(With(x, x.Shape.Length - 1, to));
    }

    private Sized Made(Sized x)
    {
        Largest = Math.Max(Largest, x.Count);
        return x;
    }

    private static int At(Sized x, int axis) => axis < 0 ? axis + x.Shape.Length : axis;

    private static Sized With(Sized x, int axis, long size)
    {
        var s = x.Shape.ToArray();
        s[axis] = size;
        return new(s);
    }

    private static Sized Without(Sized x, int axis) => new([.. x.Shape.Where((_, i) => i != axis)]);

    private static Sized Broadcast(Sized a, Sized b)
    {
        var (longer, shorter) = a.Shape.Length >= b.Shape.Length ? (a.Shape, b.Shape) : (b.Shape, a.Shape);
        var s = longer.ToArray();
        for (var i = 1; i <= shorter.Length; i++) s[^i] = Math.Max(s[^i], shorter[^i]);
        return new(s);
    }
}
