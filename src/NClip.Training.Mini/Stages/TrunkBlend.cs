using NClip.Checkpoints;
using NClip.Training.Data;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Mini.Stages;

/// <summary>
/// The mean of the trunk as it was and as training left it: what it knew stays, what it learnt comes (Wortsman et al. 2022,
/// "Robust fine-tuning of zero-shot models", section 3). The mean of two trunks doubts more than either, so the classifier's
/// logits are multiplied: the head reads their softmax.
/// </summary>
internal static class TrunkBlend
{
    /// <summary>Writes (1 - share) * original + share * trained for every tensor of the original.</summary>
    /// <param name="original">The trunk training began with, in timm's names.</param>
    /// <param name="trained">A checkpoint with the same tensors under visual.trunk.; its other tensors are copied.</param>
    /// <param name="share">Weight of the trained trunk, 0..1.</param>
    /// <param name="sharpen">Factor of the classifier's logits.</param>
    /// <param name="output">The file to write.</param>
    public static void Write(string original, string trained, double share, double sharpen, string output)
    {
        const string prefix = "visual.trunk.";
        using var _ = no_grad();
        using var before = StateDict.Open(original);
        using var after = StateDict.Open(trained);
        SafetensorsFile.Write(output, after.Tensors.Values.Select(t =>
        {
            var value = tensor(t.ToFloat32()).reshape(t.Shape);
            if (!t.Name.StartsWith(prefix, StringComparison.Ordinal)) return (t.Name, value);
            var name = t.Name[prefix.Length..];
            var mean = value.Times(share).Plus(tensor(before.Tensors[name].ToFloat32()).reshape(t.Shape).Times(1 - share));
            return (t.Name, name.StartsWith("classifier.", StringComparison.Ordinal) ? mean.Times(sharpen) : mean);
        }));
    }

    /// <summary>Writes the mean of models with the same tensors: what two runs learnt differently is halved, what both learnt stays.</summary>
    /// <param name="models">Their checkpoints.</param>
    /// <param name="output">The file to write.</param>
    public static void Mean(IReadOnlyList<string> models, string output)
    {
        using var _ = no_grad();
        StateDict[] all = [.. models.Select(StateDict.Open)];
        SafetensorsFile.Write(output, all[0].Tensors.Values.Select(t => (t.Name, all.Select(m => tensor(m.Tensors[t.Name].ToFloat32()).reshape(t.Shape)).Aggregate((a, b) => a.Plus(b)).Over(all.Length))));
        foreach (var m in all) m.Dispose();
    }
}
