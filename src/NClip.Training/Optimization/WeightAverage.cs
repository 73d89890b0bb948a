using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Optimization;

/// <summary>A moving average of weights: after n steps it has seen about 1 / (1 - decay) of them, fewer at the beginning.</summary>
internal sealed class WeightAverage : IDisposable
{
    private readonly List<(string Name, Tensor Value, Tensor Average)> _slots = [];
    private readonly double _decay;

    /// <param name="weights">What is averaged; the average begins with their values.</param>
    /// <param name="decay">0..1.</param>
    public WeightAverage(IEnumerable<(string Name, Tensor Value)> weights, double decay)
    {
        using var scope = NewDisposeScope();
        _decay = decay;
        foreach (var (name, value) in weights) _slots.Add((name, value, value.detach().clone().DetachFromDisposeScope()));
    }

    /// <summary>The averages by name.</summary>
    public IEnumerable<(string Name, Tensor Value)> Values => _slots.Select(s => (s.Name, s.Average));

    /// <summary>Takes the weights after an update in. The decay of the first steps is (1 + step) / (10 + step), so that the average soon forgets the random start.</summary>
    /// <param name="step">Updates before this one.</param>
    public void Update(int step)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var keep = Math.Min(_decay, (1.0 + step) / (10 + step));
        foreach (var (_, value, average) in _slots) average.MixInPlace(keep, value, 1 - keep);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var s in _slots) s.Average.Dispose();
    }
}
