using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Distributed;

/// <summary>
/// Sums the shares of the processes in every parameter's gradient: those of the image tower while the text tower's backward pass goes on, the rest behind it.
/// Running statistics of batch norms become the mean of what the processes have seen.
/// </summary>
/// <param name="ranks">The processes.</param>
/// <param name="weights">The model's tensors.</param>
internal sealed class GradientSum(Ranks ranks, ParameterStore weights)
{
    private const string ImageTower = "visual.";

    private HashSet<string> _begun = [];
    private Action _end = static () => { /* nothing was begun */ };

    /// <summary>To be called by all where the gradients of the image tower are complete; what goes on afterwards may not speak with the other processes.</summary>
    /// <param name="counts">Pairs of each process.</param>
    public void BeginImages(IReadOnlyList<int> counts)
    {
        if (ranks.Size == 1 || counts.Min() == 0) return; // without a pair a process does not know what the loss leads to
        var some = weights.Where(n => n.StartsWith(ImageTower, StringComparison.Ordinal)).Where(w => w.Value.grad is not null).ToArray();
        Tensor[] gradients = [.. some.Select(w => Gradient(w.Value).DetachFromDisposeScope())];
        var bucket = Bucket.Of(gradients);
        var wait = ranks.BeginSums(bucket.Sums);
        _begun = [.. some.Select(w => w.Name)];
        _end = () =>
        {
            wait();
            bucket.Spread();
            bucket.Dispose();
            foreach (var g in gradients) g.Dispose();
        };
    }

    /// <summary>To be called by all behind the backward pass.</summary>
    /// <param name="counts">Pairs of each process.</param>
    public void Run(IReadOnlyList<int> counts)
    {
        if (ranks.Size == 1) return;
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        _end();
        var reached = Reached(counts);
        using var rest = Bucket.Of(weights.Where(n => !_begun.Contains(n) && (TorchModel.IsTrained(n) ? reached.Contains(n) : !StandsStill(n)))
            .Select(w => TorchModel.IsTrained(w.Name) ? Gradient(w.Value) : w.Value.OverInPlace(ranks.Size)));
        foreach (var values in rest.Sums) ranks.Sum(values);
        rest.Spread();
        (_begun, _end) = ([], static () => { /* nothing was begun */ });
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
