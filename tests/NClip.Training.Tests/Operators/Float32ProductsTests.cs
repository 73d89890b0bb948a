using NClip.Training.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Operators;

/// <summary>Products by oneDNN say, with their gradients, what libtorch's own say in float64, on every processor: which of the two is quicker is another matter.</summary>
public sealed class Float32ProductsTests
{
    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, true, false)]
    public void Values_and_gradients_are_those_of_libtorch_in_float64(bool biased, bool inputTrains, bool weightTrains)
    {
        var random = new Generator(3);
        Tensor Draw(params long[] shape) => randn(shape, generator: random);
        var (x, weight, bias, gradient) = (Draw(3, 41, 72), Draw(100, 72), biased ? Draw(100) : null, Draw(3, 41, 100));

        (Tensor Value, Tensor?[] Gradients) Run(ScalarType type, Func<Tensor, Tensor, Tensor?, Tensor> product)
        {
            Tensor Leaf(Tensor t, bool trains) => t.to_type(type).detach().clone().requires_grad_(trains);
            var (a, w, b) = (Leaf(x, inputTrains), Leaf(weight, weightTrains), bias is null ? null : Leaf(bias, weightTrains));
            var value = product(a, w, b);
            value.backward([gradient.to_type(type)]);
            return (value.detach(), [a.grad, w.grad, b?.grad]);
        }

        var (exact, ours) = (Run(ScalarType.Float64, nn.functional.linear), Run(ScalarType.Float32, Products));
        Near(exact.Value, ours.Value);
        foreach (var (e, o) in exact.Gradients.Zip(ours.Gradients))
        {
            Assert.Equal(e is null, o is null);
            if (e is not null) Near(e, o!);
        }
    }

    [Fact]
    public void Inputs_that_lie_otherwise_in_memory_give_the_same()
    {
        var random = new Generator(4);
        var (x, weight) = (randn(72, 41, generator: random).t(), randn(72, 100, generator: random).t());
        Near(nn.functional.linear(x.to_type(ScalarType.Float64), weight.to_type(ScalarType.Float64)), Products(x, weight, null));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_gradient_that_is_missing_is_none_for_what_lies_before_it(bool recomputed)
    {
        Tensor Ones(params long[] shape) => ones(shape).requires_grad_(true);
        var (x, weight, other, back) = (Ones(2, 3), Ones(4, 3), Ones(1), new PassGradients());
        var product = recomputed ? Recomputed.Of(x, v => nn.functional.linear(v, weight), back) : Float32Products.Linear(x, weight, null, back);
        Silent.apply(product).sum().Plus(other.sum()).backward();
        Assert.All([x, weight], t => Assert.True(t.grad is null || t.grad.count_nonzero().item<long>() == 0));
        Assert.Equal(1, other.grad!.item<float>());
    }

    [Fact]
    public void Only_large_products_in_float32_are_taken()
    {
        var weight = zeros(2048, 64);
        Assert.Equal(Float32Products.AreQuicker, Float32Products.Fit(zeros(64, 64), weight));
        Assert.False(Float32Products.Fit(zeros(2, 64), weight));
        Assert.False(Float32Products.Fit(zeros(64, 64, dtype: ScalarType.Float64), weight.to_type(ScalarType.Float64)));
        Assert.False(Float32Products.Fit(zeros(64, 64, dtype: ScalarType.BFloat16), weight.to_type(ScalarType.BFloat16)));
    }

    /// <summary>Passes values on, and no gradient back.</summary>
    private sealed class Silent : autograd.SingleTensorFunction<Silent>
    {
        public override string Name => nameof(Silent);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).clone();

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => [null!];
    }

    private static Tensor Products(Tensor x, Tensor weight, Tensor? bias) => Float32Products.Linear(x, weight, bias, new());

    private static void Near(Tensor exact, Tensor ours)
        => Assert.InRange(Tensors.LargestDifference(exact, ours), 0, 2e-4);
}
