using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Distributed;

/// <summary>
/// Sums the shares of the processes in every parameter's gradient: large ones in their place, small ones together. Running statistics of batch norms become the mean of
/// what the processes have seen.
/// </summary>
/// <param name="ranks">The processes.</param>
/// <param name="weights">The model's tensors.</param>
internal sealed class GradientSum(Ranks ranks, ParameterStore weights)
{
    /// <summary>Elements from which a tensor is summed by itself.</summary>
    private const long Large = 1 << 16;

    /// <summary>To be called by all behind the backward pass.</summary>
    /// <param name="counts">Pairs of each process.</param>
    public void Run(IReadOnlyList<int> counts)
    {
        if (ranks.Size == 1) return;
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var small = new List<Tensor>();
        var reached = Reached(counts);
        foreach (var (name, value) in weights.Where(_ => true))
        {
            if (TorchModel.IsTrained(name) ? !reached.Contains(name) : StandsStill(name)) continue;
            var sum = TorchModel.IsTrained(name) ? Gradient(value) : value.OverInPlace(ranks.Size);
            if (sum.NumberOfElements >= Large) ranks.Sum(sum);
            else small.Add(sum);
        }
        if (small.Count == 0) return;
        var together = cat([.. small.Select(t => t.flatten())], 0);
        ranks.Sum(together);
        foreach (var (to, from) in small.Zip(together.split([.. small.Select(t => t.NumberOfElements)]))) to.copy_(from.reshape(to.shape));
    }

    /// <summary>Parameters that the loss leads to: the same in every process that has a pair.</summary>
    private HashSet<string> Reached(IReadOnlyList<int> counts)
    {
        string[] own = [.. weights.Where(_ => true).Where(w => w.Value.grad is not null).Select(w => w.Name)];
        return counts.Min() > 0 ? [.. own] : [.. ranks.Everybody(own).SelectMany(n => n)];
    }

    /// <summary>Whether a batch norm is locked, so that its statistics do not move.</summary>
    private bool StandsStill(string statistic)
    {
        var weight = statistic[..statistic.LastIndexOf('.')] + ".weight";
        return weights.Has(weight) && !weights[weight].requires_grad;
    }

    /// <summary>A dense gradient; zeros where this process had no pair that leads to it.</summary>
    private static Tensor Gradient(Tensor value)
    {
        if (value.grad is { } g && g.is_contiguous()) return g;
        value.grad = (value.grad?.contiguous() ?? zeros_like(value, requires_grad: false)).DetachFromDisposeScope();
        return value.grad!;
    }
}
