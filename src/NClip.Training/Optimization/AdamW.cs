using static TorchSharp.torch;

namespace NClip.Training.Optimization;

/// <summary>AdamW (Loshchilov and Hutter 2019) whose whole state can be written and read, so that a resumed run equals an uninterrupted one.</summary>
internal sealed class AdamW : IDisposable
{
    private readonly List<(string Name, Tensor Value, Tensor M, Tensor V, double Decay, double Rate)> _slots = [];
    private readonly double _beta1, _beta2, _epsilon;

    /// <param name="parameters">What to train.</param>
    /// <param name="decay">Weight decay of what <see cref="ParameterRules.Decays"/>.</param>
    /// <param name="rate">Factor on the learning rate by name; default 1.</param>
    /// <param name="beta1">Decay of the mean.</param>
    /// <param name="beta2">Decay of the variance.</param>
    /// <param name="epsilon">Added to the root of the variance.</param>
    public AdamW(IEnumerable<(string Name, Tensor Value)> parameters, double decay = 0, Func<string, double>? rate = null, double beta1 = 0.9, double beta2 = 0.98, double epsilon = 1e-7)
    {
        using var scope = NewDisposeScope();
        (_beta1, _beta2, _epsilon) = (beta1, beta2, epsilon);
        foreach (var (name, value) in parameters)
            _slots.Add((name, value, zeros_like(value, requires_grad: false).DetachFromDisposeScope(), zeros_like(value, requires_grad: false).DetachFromDisposeScope(), ParameterRules.Decays(name, value) ? decay : 0, rate?.Invoke(name) ?? 1));
    }

    /// <summary>Updates made so far.</summary>
    public int Steps { get; private set; }

    /// <summary>Length of the gradient of all parameters.</summary>
    public double GradientNorm()
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return Math.Sqrt(_slots.Where(s => s.Value.grad is not null).Sum(s => AdamWKernel.Squares(s.Value.grad!)));
    }

    /// <summary>The first parameter whose gradient has a value that is no number, or null.</summary>
    public string? BrokenGradient()
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        return _slots.FirstOrDefault(s => s.Value.grad is { } g && !double.IsFinite(AdamWKernel.Squares(g))).Name;
    }

    /// <summary>One update from the gradients, which are cleared. The gradient's length is limited to <paramref name="clip"/> first.</summary>
    /// <returns>The gradient's length before that.</returns>
    public double Step(double learningRate, double clip = double.PositiveInfinity)
    {
        var norm = GradientNorm();
        Step(learningRate, norm, clip);
        return norm;
    }

    /// <summary>One update from the gradients, whose length is known, and which are cleared.</summary>
    public void Step(double learningRate, double norm, double clip)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        Steps++;
        var factor = norm > clip ? clip / (norm + 1e-6) : 1;
        var (c1, c2) = (1 - Math.Pow(_beta1, Steps), 1 - Math.Pow(_beta2, Steps));
        foreach (var (_, value, m, v, decay, rate) in _slots)
            if (value.grad is { } g) AdamWKernel.Update(value, g, m, v, new(1 - (learningRate * rate * decay), learningRate * rate / c1, factor, _beta1, _beta2, c2, _epsilon));
    }

    /// <summary>The state's tensors by name.</summary>
    public IEnumerable<(string Name, Tensor Value)> State() => _slots.SelectMany(s => new[] { ($"m.{s.Name}", s.M), ($"v.{s.Name}", s.V) });

    /// <summary>Goes on from a written state.</summary>
    public void Restore(int steps, Func<string, Tensor> read)
    {
        using var _ = no_grad();
        Steps = steps;
        foreach (var (name, value) in State()) value.copy_(read(name));
    }

    /// <summary>Goes on from a state that another one gives.</summary>
    /// <param name="steps">Updates made.</param>
    /// <param name="take">Overwrites a tensor.</param>
    public void Take(int steps, Action<Tensor> take)
    {
        Steps = steps;
        foreach (var (_, value) in State()) take(value);
    }

    public void Dispose()
    {
        foreach (var s in _slots) { s.M.Dispose(); s.V.Dispose(); }
    }
}
