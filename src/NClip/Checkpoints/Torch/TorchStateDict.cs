using NClip.Foundation;

namespace NClip.Checkpoints.Torch;

/// <summary>Finds the weights in what a torch pickle described: a state dict, one inside a training checkpoint, or a TorchScript module tree.</summary>
internal static class TorchStateDict
{
    /// <summary>Where training programs keep the weights, the first that fits counts.</summary>
    private static readonly string[] _keys = ["state_dict", "model_state_dict", "model"];

    /// <summary>What wrappers (data parallel, torch.compile) put in front of every name.</summary>
    private static readonly string[] _prefixes = ["module.", "_orig_mod."];

    private const int MaxDepth = 64;
    private const int MaxVisited = 200_000;
    private const int MaxNameLength = 4096;

    public static StateDict Of(ByteSource source, object? root)
    {
        var named = new List<(string Name, PyTensor Tensor)>();
        if (root is PyBag module)
        {
            var visited = 0;
            Walk(source, module, "", 0, ref visited, named);
        }
        else if (root is PyDict dict && Find(dict, 0) is { } weights)
        {
            foreach (var (key, value) in weights.Items)
                if (key is string name && value is PyTensor tensor) named.Add((name, tensor));
        }
        if (named.Count == 0)
        {
            throw new CheckpointException(source.Name, root switch
            {
                PyDict d => $"holds a dict without weights; its keys are {Keys(d)}. A dict of named tensors is expected, alone or under {string.Join(", ", _keys)}.",
                PyBag b => $"holds the TorchScript module {Shown.Name(b.ClassName)} without weights.",
                PyTensor => "holds one tensor without a name; a dict of named tensors is expected.",
                _ => "holds no dict of named tensors. Save the model's state_dict, best as safetensors.",
            });
        }

        foreach (var prefix in _prefixes)
            if (named.TrueForAll(t => t.Name.StartsWith(prefix, StringComparison.Ordinal))) named = [.. named.Select(t => (t.Name[prefix.Length..], t.Tensor))];

        var tensors = new Dictionary<string, TensorEntry>(named.Count);
        foreach (var (name, tensor) in named)
            if (!tensors.TryAdd(name, StridedTensor.ToEntry(name, tensor, source.Name))) throw new CheckpointException(source.Name, $"tensor '{Shown.Name(name)}' is there twice.");
        return new StateDict(source.Name, tensors, source);
    }

    private static PyDict? Find(PyDict dict, int depth)
    {
        if (depth < 3)
        {
            foreach (var key in _keys)
                if (dict[key] is PyDict inner && Find(inner, depth + 1) is { } found) return found;
        }
        return dict.Items.Exists(i => i.Key is string && i.Value is PyTensor) ? dict : null;
    }

    /// <summary>Attributes that are tensors, in the order they were saved; names joined with '.' as in a state dict.</summary>
    private static void Walk(ByteSource source, PyBag module, string prefix, int depth, ref int visited, List<(string, PyTensor)> named)
    {
        if (depth > MaxDepth || prefix.Length > MaxNameLength || ++visited > MaxVisited)
            throw new CheckpointException(source.Name, $"the TorchScript module tree has more than {MaxDepth} levels or {MaxVisited} attributes (at '{Shown.Name(prefix)}').");
        foreach (var (key, value) in module.Attributes.Items)
        {
            if (key is not string name) continue;
            if (value is PyTensor tensor)
            {
                if (++visited > MaxVisited) throw new CheckpointException(source.Name, $"the TorchScript module tree has more than {MaxVisited} attributes.");
                named.Add((prefix + name, tensor));
            }
            else if (value is PyBag child)
            {
                Walk(source, child, $"{prefix}{name}.", depth + 1, ref visited, named);
            }
        }
    }

    private static string Keys(PyDict dict) => dict.Items.Count == 0 ? "none" : string.Join(", ", dict.Items.Take(8).Select(i => i.Key is string s ? $"'{Shown.Name(s)}'" : "a number or other")) + (dict.Items.Count > 8 ? ", …" : "");
}
