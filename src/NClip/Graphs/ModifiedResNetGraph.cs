using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>Image tower of CLIP's ResNets: pixels [N, 3, S, S] -> features [N, D]. (Radford et al. 2021, §2.4; openai/CLIP model.py, ModifiedResNet)</summary>
internal static class ModifiedResNetGraph
{
    public static Value Build(GraphWriter g, ModifiedResNetSpec spec, Scope w, Value pixels)
    {
        var x = pixels;
        for (var i = 1; i <= 3; i++)
            x = g.Relu(g.BatchNorm(g.Conv(x, w[$"conv{i}"], stride: i == 1 ? 2 : 1, padding: 1), w[$"bn{i}"]));
        x = g.AveragePool(x, 2);                                                                         // [N, C, S/4, S/4]
        for (var s = 0; s < spec.Blocks.Count; s++)
            for (var i = 0; i < spec.Blocks[s]; i++)
                x = ResidualBlocks.Bottleneck(g, w[$"layer{s + 1}"][$"{i}"], x, stride: s > 0 && i == 0 ? 2 : 1, downsample: i == 0, antiAliased: true);
        return AttentionPool(g, spec, w["attnpool"], x);                                                 // [N, D]
    }

    /// <summary>The mean of the positions asks all of them and itself.</summary>
    private static Value AttentionPool(GraphWriter g, ModifiedResNetSpec spec, Scope w, Value x)
    {
        var (width, tokens) = (32 * spec.Channels, (spec.Height / 32 * (spec.Width / 32)) + 1);
        x = g.Transpose(g.Reshape(x, 0, width, -1), 0, 2, 1);                                            // [N, L, W]
        x = g.Concat(1, g.Op("ReduceMean", [x, g.Int64s(1)], ("keepdims", 1)), x);                       // [N, 1+L, W]
        x = g.Add(x, w["positional_embedding"]);
        var (first, all) = (g.Take(x, 1, 0), g.Reshape(x, -1, width));
        var (q, k, v) = (g.Linear(first, w["q_proj"]), g.Linear(all, w["k_proj"]), g.Linear(all, w["v_proj"]));
        return g.Linear(Attention.Build(g, q, k, v, spec.Heads, width, queries: 1, keys: tokens, mask: null), w["c_proj"]);
    }
}
