using System.Globalization;
using System.Text.RegularExpressions;

namespace NClip.Training.Optimization;

/// <summary>How deep each tensor of a tower lies: embeddings at 0, blocks from 1 up, the projection last. Locked towers and layer-wise rates go by it.</summary>
internal sealed partial class LayerDepth
{
    private readonly Dictionary<string, int> _depths;

    /// <param name="names">Canonical names of the tensors of one tower.</param>
    public LayerDepth(IEnumerable<string> names)
    {
        string[] all = [.. names];
        var blocks = all.Select(Block).DefaultIfEmpty(0).Max();
        Top = blocks + 1;
        _depths = all.ToDictionary(n => n, n => Block(n) is > 0 and var block ? block : Projection().IsMatch(n) ? Top : Behind().IsMatch(n) ? blocks : 0);
    }

    /// <summary>Depth of the projection: one more than the last block's.</summary>
    public int Top { get; }

    /// <summary>Depth of a tensor.</summary>
    public int this[string name] => _depths[name];

    /// <summary>Number of the block from 1, 0 for what is in none. Stages of convolutional towers count as blocks; of their inner blocks nothing is asked.</summary>
    private static int Block(string name) => Numbered().Match(name) is { Success: true } m
        ? int.Parse(m.Groups["n"].ValueSpan, CultureInfo.InvariantCulture) + (m.Groups["from1"].Success ? 0 : 1)
        : 0;

    [GeneratedRegex(@"(?:(?<from1>\.layer)|(?:resblocks|encoder\.layer|stages|blocks)\.)(?<n>\d+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Numbered();

    [GeneratedRegex(@"^(visual\.(proj|attnpool|head)|text_projection)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Projection();

    /// <summary>What stands between the last block and the projection.</summary>
    [GeneratedRegex(@"^(visual\.(ln_post|map_pool|attn_pool)|ln_final|bert\.pooler)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Behind();
}
