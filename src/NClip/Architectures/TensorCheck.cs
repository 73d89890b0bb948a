using NClip.Checkpoints;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>Whether a checkpoint has the tensors of a model.</summary>
internal static class TensorCheck
{
    /// <summary>Refuses files with missing, surplus or wrongly shaped tensors, naming the tensor.</summary>
    public static void Check(this ModelTensors tensors, ClipSpec spec)
    {
        if (spec.Parts.Select(p => p.Misfit).FirstOrDefault(m => m is not null) is { } misfit)
            throw new CheckpointException(tensors.File, $"the architecture that shapes and configuration give it cannot be: {misfit}. Give the configuration that belongs to it with --config.");
        if (spec.Image.FeatureWidth != spec.EmbedDim || spec.Text.FeatureWidth != spec.EmbedDim)
            throw new CheckpointException(tensors.File, $"the image tower gives {spec.Image.FeatureWidth} features and the text tower {spec.Text.FeatureWidth}; both must give {spec.EmbedDim}. A projection is missing, or the configuration is another model's.");
        var surplus = new HashSet<string>(tensors.Tensors.Keys);
        foreach (var e in spec.Tensors())
        {
            var t = tensors[e.Name];
            surplus.Remove(e.Name);
            if (!Same(t.Shape, e.Shape))
                throw new CheckpointException(tensors.File, $"tensor {t.StoredName} has shape {ModelTensors.Show(t.Shape)}; this architecture ({spec.ImageTower}; {spec.TextTower}; {spec.EmbedDim} features) has {ModelTensors.Show(e.Shape)}. Give the configuration that belongs to it with --config, or check that the file is complete.");
        }
        if (surplus.Count > 0)
        {
            var first = surplus.Order(StringComparer.Ordinal).First();
            throw new CheckpointException(tensors.File, $"has {surplus.Count} tensor(s) that this architecture ({spec.ImageTower}; {spec.TextTower}) has not, the first is {tensors.Tensors[first].StoredName}. Give the configuration that belongs to it with --config.");
        }
    }

    private static bool Same(long[] a, long[] b) => a.AsSpan().SequenceEqual(b) || (b.Length == 0 && a.Length == 1 && a[0] == 1);
}
