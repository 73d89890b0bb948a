using static TorchSharp.torch;

namespace NClip.Training.Optimization;

/// <summary>Which tensors of a model are trained, which are decayed, how fast each is.</summary>
internal static class ParameterRules
{
    /// <summary>Whether weight decay applies: matrices and tables, but no biases, gains, single vectors and no logit scale. (open_clip main.py's classic rule, said by shapes; a learned query is a matrix of one row there)</summary>
    public static bool Decays(string name, Tensor value) => value.dim() > 1 || name.EndsWith(".latent", StringComparison.Ordinal);

    /// <summary>Whether a tensor belongs to the image tower.</summary>
    public static bool IsImage(string name) => name.StartsWith("visual.", StringComparison.Ordinal);

    /// <summary>Whether a tensor belongs to neither tower.</summary>
    public static bool IsShared(string name) => name is "logit_scale" or "logit_bias" or "temperature" || name.StartsWith("classes.", StringComparison.Ordinal);

    /// <summary>Factor on the rate: decay to the power of the blocks between a tensor and its tower's projection.</summary>
    /// <param name="names">Canonical names of all tensors.</param>
    /// <param name="decay">0..1; 1 is one rate for all.</param>
    public static Func<string, double> LayerRate(IEnumerable<string> names, double decay)
    {
        if (decay == 1) return _ => 1;
        var towers = names.Where(n => !IsShared(n)).ToLookup(IsImage);
        var (image, text) = (new LayerDepth(towers[true]), new LayerDepth(towers[false]));
        return name => IsShared(name) ? 1 : (IsImage(name) ? image : text) is var tower ? Math.Pow(decay, tower.Top - tower[name]) : 1;
    }

    /// <summary>Stops the training of a tower but for its last groups: the projection, then block by block. (Zhai et al. 2022, LiT; open_clip's lock_image_tower)</summary>
    /// <param name="tensors">The tower's tensors.</param>
    /// <param name="unlocked">Groups that stay in training.</param>
    public static void Lock(IEnumerable<(string Name, Tensor Value)> tensors, int unlocked)
    {
        (string Name, Tensor Value)[] all = [.. tensors];
        var depth = new LayerDepth(all.Select(t => t.Name));
        foreach (var (name, value) in all)
            if (depth[name] <= depth.Top - unlocked) value.requires_grad = false;
    }
}
