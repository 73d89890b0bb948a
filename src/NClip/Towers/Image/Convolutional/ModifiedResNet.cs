using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>Image tower of CLIP's ResNets: pixels [N, 3, S, S] -> features [N, D]. (Radford et al. 2021, §2.4; openai/CLIP model.py, ModifiedResNet)</summary>
internal static class ModifiedResNet
{
    public static T Build<T>(IOperators<T> ops, ModifiedResNetSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var x = pixels;
        for (var i = 1; i <= 3; i++)
            x = ops.Relu(ops.BatchNorm(ops.Conv(x, w[$"conv{i}"], stride: i == 1 ? 2 : 1, padding: 1), w[$"bn{i}"]));
        x = ops.AveragePool(x, 2, stride: 2);                                // [N, C, S/4, S/4]
        for (var s = 0; s < spec.Blocks.Count; s++)
            for (var i = 0; i < spec.Blocks[s]; i++)
                x = ResidualBlocks.Bottleneck(ops, w[$"layer{s + 1}"][$"{i}"], x, stride: s > 0 && i == 0 ? 2 : 1, downsample: i == 0, antiAliased: true);
        return AttentionPool(ops, spec, w["attnpool"], x);        // [N, D]
    }

    /// <summary>The mean of the positions asks all of them and itself.</summary>
    private static T AttentionPool<T>(IOperators<T> ops, ModifiedResNetSpec spec, Scope<T> w, T x)
        where T : class
    {
        var (width, tokens) = (32 * spec.Channels, (spec.Height / 32 * (spec.Width / 32)) + 1);
        x = ops.Transpose(ops.Reshape(x, 0, width, -1), 0, 2, 1); // [N, L, W]
        x = ops.Concat(1, ops.Mean(x, 1, keep: true), x);         // [N, 1+L, W]
        x = ops.Add(x, w["positional_embedding"]);
        var (first, all) = (ops.Take(x, 1, 0), ops.Reshape(x, -1, width));
        var (q, k, v) = (ops.Linear(first, w["q_proj"]), ops.Linear(all, w["k_proj"]), ops.Linear(all, w["v_proj"]));
        return ops.Linear(Attention.Build(ops, new(spec.Heads, width, Queries: 1, Keys: tokens), q, k, v), w["c_proj"]);
    }
}
