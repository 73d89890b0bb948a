using NClip.Checkpoints;
using static TorchSharp.torch;

namespace NClip.Training.Operators;

/// <summary>A model's tensors by name. Towers look their weights up here, so that a name is written once.</summary>
internal sealed class ParameterStore : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    /// <summary>Names in the order they were added.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    public Tensor this[string name] => _tensors.TryGetValue(name, out var t) ? t : throw new KeyNotFoundException($"the model has no tensor '{name}'.");

    /// <summary>The element type of the first: float32, or float64 for comparisons.</summary>
    public ScalarType Type => _tensors.Values.First().dtype;

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>Takes the values of <paramref name="value"/> as a new parameter, or as a tensor that moves without a gradient.</summary>
    public void Add(string name, Tensor value, bool trained = true)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var t = value.detach().contiguous().clone().DetachFromDisposeScope();
        t.requires_grad = trained;
        _tensors.Add(name, t);
    }

    /// <summary>Adds a parameter that has the values of <paramref name="value"/>, now and later, and a gradient of its own.</summary>
    public void Share(string name, Tensor value)
    {
        using var scope = NewDisposeScope();
        var t = value.detach().DetachFromDisposeScope();
        t.requires_grad = true;
        _tensors.Add(name, t);
    }

    /// <summary>The same tensors but for some that others stand for. What it holds is the others' to dispose.</summary>
    public ParameterStore With(IEnumerable<(string Name, Tensor Value)> others)
    {
        var store = new ParameterStore();
        foreach (var (name, value) in _tensors) store._tensors.Add(name, value);
        foreach (var (name, value) in others) store._tensors[name] = value;
        return store;
    }

    /// <summary>Adds a checkpoint's tensors (all, or those whose name passes) under <paramref name="prefix"/>.</summary>
    public void Load(StateDict checkpoint, string prefix = "", Func<string, bool>? only = null)
    {
        foreach (var (name, entry) in checkpoint.Tensors)
        {
            if (only?.Invoke(name) == false) continue;
            using var scope = NewDisposeScope();
            Add(prefix + name, tensor(entry.ToFloat32()).reshape(entry.Shape));
        }
    }

    /// <summary>Overwrites the values of tensors that are already here; shapes must agree.</summary>
    public void CopyFrom(StateDict checkpoint, Func<string, bool>? only = null)
    {
        using var _ = no_grad();
        foreach (var (name, entry) in checkpoint.Tensors)
            if (only?.Invoke(name) != false && _tensors.TryGetValue(name, out var t))
            {
                if (!t.shape.SequenceEqual(entry.Shape))
                    throw new CheckpointException(checkpoint.Path, $"tensor '{name}' has shape [{string.Join(", ", entry.Shape)}]; the model has [{string.Join(", ", t.shape)}].");
                using var scope = NewDisposeScope();
                t.copy_(tensor(entry.ToFloat32()).reshape(entry.Shape));
            }
    }

    /// <summary>The tensors whose name passes.</summary>
    public IEnumerable<(string Name, Tensor Value)> Where(Func<string, bool> name) => _tensors.Where(p => name(p.Key)).Select(p => (p.Key, p.Value));

    public void Dispose()
    {
        foreach (var t in _tensors.Values) t.Dispose();
        _tensors.Clear();
    }
}
