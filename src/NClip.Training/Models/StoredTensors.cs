using System.Text.RegularExpressions;
using NClip.Architectures;
using NClip.Towers;
using static TorchSharp.torch;

namespace NClip.Training.Models;

/// <summary>A tensor of a weight file, as part of a canonical one.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Shape">Shape in the file.</param>
/// <param name="Canonical">The canonical tensor.</param>
/// <param name="From">Its first row there.</param>
/// <param name="Rows">Its rows; null for all.</param>
/// <param name="Transposed">Stored the other way round.</param>
internal sealed record StoredTensor(string Name, long[] Shape, string Canonical, long From = 0, long? Rows = null, bool Transposed = false)
{
    /// <summary>Its values, of the canonical ones.</summary>
    public Tensor Of(Tensor canonical)
    {
        var part = Rows is { } rows ? canonical.narrow(0, From, rows) : canonical;
        return (Transposed ? part.t() : part).reshape(Shape);
    }
}

/// <summary>How a model's weights are spelt in its file, so that a trained one can be written as the one it came from was.</summary>
internal static partial class StoredTensors
{
    private const string Merged = ".reparam_conv.";


    /// <summary>The names of the file that the model was read from.</summary>
    public static IReadOnlyList<StoredTensor> Of(ModelTensors tensors, ClipSpec spec) =>
        [.. spec.Tensors().Where(t => t.Role != TensorRole.Unused && tensors.Has(t.Name)).SelectMany(t => Parts(tensors[t.Name], t.Shape))];

    /// <summary>open_clip's names of a model that begins here.</summary>
    /// <param name="spec">The model.</param>
    /// <param name="customText">open_clip's custom_text: the text tower's names begin with text.</param>
    public static IReadOnlyList<StoredTensor> OpenClip(ClipSpec spec, bool customText) => [.. spec.Tensors().Where(t => t.Role != TensorRole.Unused).Select(t =>
    {
        var prefix = customText && spec.Text.Tensors().Any(own => own.Name == t.Name) ? "text." : "";
        // A projection with a bias is a linear layer there, [out, in]; one without is a bare matrix, [in, out].
        return t.Name == "text_projection" && spec.Text.Projection.Bias
            ? new StoredTensor($"{prefix}{t.Name}.weight", [t.Shape[1], t.Shape[0]], t.Name, Transposed: true)
            : new StoredTensor(prefix + t.Name, t.Shape, t.Name);
    })];

    /// <summary>A layer whose branches were merged when it was read is written merged, as published files have it too: its branches are not there any more.</summary>
    private static string MergedName(string canonical, string stored)
    {
        var at = canonical.LastIndexOf(Merged, StringComparison.Ordinal);
        return at >= 0 && Branch.Match(stored) is { Success: true } m ? m.Groups["layer"].Value + canonical[at..] : stored;
    }

    [GeneratedRegex(@"^(?<layer>.+?)\.((mixer|norm)\.)?(rbr_skip|rbr_scale|rbr_conv\.\d+|identity|conv_scale|conv_kxk\.\d+|lkb_origin|large_conv|small_conv|pe|pos_enc)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Branch { get; }

    private static List<StoredTensor> Parts(ModelTensor t, long[] shape)
    {
        if (t.Parts is [var only]) return [new StoredTensor(MergedName(t.Name, only.Name), only.Shape, t.Name, Transposed: t.Transposed)];
        var (at, list, row) = (0L, new List<StoredTensor>(), shape.Skip(1).Aggregate(1L, (a, b) => a * b));
        foreach (var part in t.Parts)
        {
            var rows = part.Count / row;
            list.Add(new StoredTensor(part.Name, part.Shape, t.Name, at, rows, t.Transposed));
            at += rows;
        }
        return list;
    }
}
