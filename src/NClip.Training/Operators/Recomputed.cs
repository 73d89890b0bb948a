using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>A block that keeps its input alone, and is computed again on the way back. (Chen et al. 2016)</summary>
internal sealed class Recomputed : autograd.SingleTensorFunction<Recomputed>
{
    /// <inheritdoc/>
    public override string Name => nameof(Recomputed);

    /// <param name="ctx">Keeps the input.</param>
    /// <param name="vars">The input, and the block.</param>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, block) = ((Tensor)vars[0], (Func<Tensor, Tensor>)vars[1]);
        ctx.save_for_backward([x]);
        ctx.save_data(nameof(block), block);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return block(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var block = (Func<Tensor, Tensor>)ctx.get_data("block");
        using var _ = enable_grad();
        using var scope = NewDisposeScope();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        block(x).backward([grad_output]);
        return [x.grad!.MoveToOuterDisposeScope(), null!];
    }
}
