using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>A block that keeps its input alone, and is computed again on the way back. (Chen et al. 2016)</summary>
internal sealed class Recomputed : autograd.SingleTensorFunction<Recomputed>
{
    /// <inheritdoc/>
    public override string Name => nameof(Recomputed);

    /// <summary>The block's output, [N, L, W] as its input is.</summary>
    /// <param name="x">The input.</param>
    /// <param name="block">Computes it, and computes it again.</param>
    /// <param name="back">One for all functions of a pass.</param>
    public static Tensor Of(Tensor x, Func<Tensor, Tensor> block, PassGradients back)
    {
        using var scope = NewDisposeScope(); // of the second tensor of the output's size that TorchSharp makes, as for products (Float32Products)
        return apply(x, block, back).MoveToOuterDisposeScope();
    }

    /// <param name="ctx">Keeps the input.</param>
    /// <param name="vars">The input, the block, and who holds gradients.</param>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, block) = ((Tensor)vars[0], (Func<Tensor, Tensor>)vars[1]);
        ctx.save_for_backward([x]);
        ctx.save_data(nameof(block), block);
        ctx.save_data("back", vars[2]);
        ctx.set_materialize_grads(false);
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return block(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        if (grad_output.IsInvalid) return [null!, null!, null!];
        var (block, back) = ((Func<Tensor, Tensor>)ctx.get_data("block"), (PassGradients)ctx.get_data("back"));
        using var _ = enable_grad();
        using var scope = NewDisposeScope();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        block(x).backward([grad_output]);
        grad_output.Dispose(); // TorchSharp's hold of it, which would last to the end of the step
        back.Free();
        return [back.Give(x.grad!), null!, null!];
    }
}
