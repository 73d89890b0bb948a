using NClip.Towers;
using NClip.Towers.Blocks;
using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>The towers' operators on torch tensors, with gradients: what a graph says is computed at once. Not thread-safe where it trains: batch norms write their statistics.</summary>
/// <param name="weights">Tensors by canonical name.</param>
/// <param name="mode">What training does beside inference.</param>
internal sealed partial class TorchOperators(ParameterStore weights, TrainingMode? mode = null) : IOperators<Tensor>
{
    private readonly TrainingMode _mode = mode ?? TrainingMode.None;

    /// <inheritdoc/>
    public Tensor Weight(string name) => weights[name];

    /// <inheritdoc/>
    public Tensor Constant(float x) => tensor(x);

    /// <inheritdoc/>
    public Tensor Constant(long x) => tensor(x);

    /// <inheritdoc/>
    public Tensor Constant(float[] values, params long[] shape) => tensor(values).reshape(shape);

    /// <inheritdoc/>
    public Tensor Add(Tensor a, Tensor b) => a.Plus(b);

    /// <inheritdoc/>
    public Tensor Sub(Tensor a, Tensor b) => a - b;

    /// <inheritdoc/>
    public Tensor Mul(Tensor a, Tensor b) => a * b;

    /// <inheritdoc/>
    public Tensor Div(Tensor a, Tensor b) => a / b;

    /// <inheritdoc/>
    public Tensor Mod(Tensor a, Tensor b) => a.remainder(b);

    /// <inheritdoc/>
    public Tensor Sqrt(Tensor x) => x.sqrt();

    /// <inheritdoc/>
    public Tensor Sigmoid(Tensor x) => x.sigmoid();

    /// <inheritdoc/>
    public Tensor Tanh(Tensor x) => x.tanh();

    /// <inheritdoc/>
    public Tensor Clamp(Tensor x, float? low, float? high) => x.Within(low, high);

    /// <inheritdoc/>
    public Tensor Within(Tensor x, float low, Tensor high) => x.NotBelow(low).minimum(high);

    /// <inheritdoc/>
    public Tensor Activate(Tensor x, Activation activation) => activation switch
    {
        Activation.QuickGelu => x * x.Times(1.702).sigmoid(),
        Activation.Gelu => nn.functional.gelu(x),
        Activation.GeluTanh => x.Times(0.5) * x.Plus(x.Times(0.044715) * x * x).Times(Math.Sqrt(2 / Math.PI)).tanh().Plus(1),
        Activation.Silu => nn.functional.silu(x),
        _ => nn.functional.relu(x),
    };

    /// <inheritdoc/>
    public Dim Size(Tensor x, int axis) => x.shape[axis];

    /// <inheritdoc/>
    public Tensor Reshape(Tensor x, params Dim[] shape) => x.reshape([.. shape.Select((d, i) => d.Number == 0 ? x.shape[i] : d.Number)]);

    /// <inheritdoc/>
    public Tensor ReshapeLike(Tensor x, Tensor like) => x.reshape(like.shape);

    /// <inheritdoc/>
    public Tensor Unsqueeze(Tensor x, params long[] axes)
    {
        foreach (var axis in axes) x = x.unsqueeze(axis);
        return x;
    }

    /// <inheritdoc/>
    public Tensor Transpose(Tensor x, params int[] order) => x.permute([.. order.Select(o => (long)o)]);

    /// <inheritdoc/>
    public Tensor Concat(int axis, params Tensor[] x) => cat(x, axis);

    /// <inheritdoc/>
    public Tensor[] Split(Tensor x, IEnumerable<long> sizes, int axis) => x.split([.. sizes], axis);

    /// <inheritdoc/>
    public Tensor Slice(Tensor x, int axis, Dim from, Dim to)
    {
        var size = x.shape[axis];
        long At(Dim d) => d.Number < 0 ? d.Number + size : Math.Min(d.Number, size);
        return x.narrow(axis, At(from), At(to) - At(from));
    }

    /// <inheritdoc/>
    public Tensor Take(Tensor x, int axis, long index) => x.select(axis, index);

    /// <inheritdoc/>
    public Tensor Repeat(Tensor x, Tensor like, params long[] shape) => x.expand([like.shape[0], .. shape]);

    /// <inheritdoc/>
    public Tensor Mean(Tensor x, int axis, bool keep = false) => x.mean([axis], keep);

    /// <inheritdoc/>
    public Tensor Sum(Tensor x, int axis, bool keep = false) => x.sum(axis, keep);

    /// <inheritdoc/>
    public Tensor IsNot(Tensor ids, long id) => HeldScalars.IsNot(ids, id).to_type(ScalarType.Float32);

    /// <inheritdoc/>
    public Tensor WithoutFilling(Tensor ids, long id)
    {
        using var used = HeldScalars.IsNot(ids, id).any(0, false).sum();
        return ids.narrow(1, 0, Math.Max(1, used.item<long>()));
    }

    /// <inheritdoc/>
    public Tensor IsAtLeast(Tensor ids, long id) => HeldScalars.IsAtLeast(ids, id).to_type(ScalarType.Float32);

    /// <inheritdoc/>
    public Tensor PlaceOf(Tensor ids, long id) => PlaceOfLargest(ids.Is(id).to_type(ScalarType.Int64));

    /// <inheritdoc/>
    public Tensor PlaceOfLargest(Tensor ids) => ids.argmax(1, keepdim: true);

    /// <inheritdoc/>
    public Tensor TakeAt(Tensor x, Tensor places) => x.gather(1, places.unsqueeze(2).expand(-1, -1, x.shape[2])).squeeze(1);

    /// <inheritdoc/>
    public Tensor CumulativeSum(Tensor x, int axis) => x.cumsum(axis);

    /// <inheritdoc/>
    public Tensor ToInteger(Tensor x) => x.to_type(ScalarType.Int64);

    /// <inheritdoc/>
    public Tensor ToFloat(Tensor x) => x.to_type(weights.Type);

    /// <inheritdoc/>
    public Tensor Range(Dim length) => HeldScalars.Range(0, length.Number, weights.Type);

    /// <inheritdoc/>
    public Tensor CausalMask(Dim length) => HeldScalars.Full([length.Number, length.Number], float.NegativeInfinity).triu(1);
}
