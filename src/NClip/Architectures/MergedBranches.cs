using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>
/// Layers that were trained as several branches and are one convolution. A branch is a convolution, or the input itself, with a batch norm behind it; all of that is
/// linear, and so is the sum. Files hold either form; this gives the tensors of the second, computed in float64 and rounded once, whenever they are read.
/// (Ding et al. 2021, RepVGG, §3.3; Vasu et al. 2023, FastViT, §3.2)
/// </summary>
internal static partial class MergedBranches
{
    /// <summary>The tensors with one convolution in place of each layer's branches.</summary>
    /// <exception cref="CheckpointException">A branch lacks a tensor, its shape does not fit the others', or a layer is there in both forms.</exception>
    public static ModelTensors Of(ModelTensors t)
    {
        var layers = t.Tensors.Keys.Select(n => Branch.Match(n)).Where(m => m.Success).ToLookup(m => m.Groups["layer"].Value, m => m.Groups["branch"].Value);
        if (layers.Count == 0) return t;
        var merged = t.Tensors.Where(p => !Branch.IsMatch(p.Key)).ToDictionary();
        foreach (var layer in layers)
        {
            merged.Remove(ScaleOf(layer.Key));
            foreach (var m in Merge(t, layer.Key, [.. layer.Distinct()]))
                if (!merged.TryAdd(m.Name, m)) throw new CheckpointException(t.File, $"has layer '{Shown.Name(layer.Key)}' as branches and merged ({merged[m.Name].StoredName}); one of the two was expected. Get the file again.");
        }
        return t with { Tensors = merged };
    }

    /// <summary>Weight and bias of a layer's convolution.</summary>
    private static ModelTensor[] Merge(ModelTensors t, string layer, string[] branches)
    {
        BranchTerm[] terms = [.. Terms(t, layer, branches)];
        var largest = terms.Select(b => b.Kernel).OfType<ModelTensor>().MaxBy(k => t.Shape(k.Name, 4)[2] * k.Shape[3])
            ?? throw new CheckpointException(t.File, $"layer '{Shown.Name(layer)}' has no convolution among its branches, only {string.Join(", ", branches.Select(b => Shown.Name(b)))}. The file is incomplete.");
        foreach (var term in terms) term.Check(t.File, largest);
        return
        [
            Computed(layer + ".reparam_conv.weight", largest, largest.Shape, sum => Array.ForEach(terms, b => b.AddWeight(sum, largest.Shape))),
            Computed(layer + ".reparam_conv.bias", largest, [largest.Shape[0]], sum => Array.ForEach(terms, b => b.AddBias(sum))),
        ];
    }

    private static IEnumerable<BranchTerm> Terms(ModelTensors t, string layer, string[] branches)
    {
        var mixes = branches.Any(b => b.StartsWith("mixer.", StringComparison.Ordinal));
        var scale = mixes ? t[ScaleOf(layer)] : null;
        if (mixes || branches.Contains("pos_enc")) yield return new BranchTerm(null); // both are added to the input
        foreach (var b in branches)
        {
            var at = $"{layer}.{b}";
            if (b == "pos_enc") yield return new BranchTerm(t[at + ".weight"]) { Bias = t[at + ".bias"] };
            else if (b.EndsWith("identity", StringComparison.Ordinal)) yield return new BranchTerm(null) { Norm = BranchNorm.Of(t, at), Scale = scale, Subtracted = b.StartsWith("norm.", StringComparison.Ordinal) };
            else yield return new BranchTerm(t[at + ".conv.weight"]) { Norm = BranchNorm.Of(t, at + ".bn"), Scale = scale };
        }
    }

    /// <summary>Of a RepMixer, which is x + scale·(mixer(x) - norm(x)).</summary>
    private static string ScaleOf(string layer) => layer + ".layer_scale.gamma";

    /// <summary>A tensor that is called by the name of the layer's largest kernel where its stored name is shown.</summary>
    private static ModelTensor Computed(string name, ModelTensor stored, long[] shape, Action<double[]> add) => new(name, shape, [TensorEntry.Computed(stored.Parts[0].Name, TensorType.Float32, shape, () =>
    {
        var sum = new double[shape.Aggregate(1L, (a, b) => a * b)];
        add(sum);
        return MemoryMarshal.AsBytes(Array.ConvertAll(sum, x => (float)x).AsSpan()).ToArray();
    })]);

    [GeneratedRegex(@"^(?<layer>(visual\.trunk|transformer\.resblocks)\..+?)\.(?<branch>((mixer|norm)\.)?(identity|conv_scale|conv_kxk\.\d+)|large_conv|small_conv|pos_enc)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Branch { get; }
}
