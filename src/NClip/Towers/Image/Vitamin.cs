using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>Image tower with a ViTamin: pixels [N, 3, H, W] -> features [N, D]. (Chen et al. 2024, figure 3; timm vitamin.py)</summary>
internal static class Vitamin
{
    public static T Build<T>(IOperators<T> ops, VitaminSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var (t, width) = (w["trunk"]["patch_embed"]["backbone"], spec.Block.Width);
        var x = ops.Conv(pixels, t["stem"]["conv1"], stride: 2, padding: 1, bias: true);
        x = ops.Activate(ChannelNorm.Build(ops, t["stem"]["norm1"], x, spec.Epsilon), Activation.Gelu);
        x = ops.Conv(x, t["stem"]["conv2"], padding: 1, bias: true);                                       // [N, C, H/2, W/2]
        for (var s = 0; s < spec.Stages.Count; s++)
            for (var i = 0; i < spec.Stages[s].Blocks; i++)
                x = InvertedResidual(ops, spec, t["stages"][$"{s}.{i}"], x, spec.Stages[s], i > 0 ? null : spec.Entering(s));
        x = ops.Conv(ChannelNorm.Build(ops, t["pool"]["norm"], x, spec.Epsilon), t["pool"]["proj"], stride: 2, padding: 1, bias: true);
        x = ops.Transpose(ops.Reshape(x, 0, width, -1), 0, 2, 1);                                          // [N, L, W]
        if (spec.Positions) x = ops.Add(x, w["positional_embedding"]);
        (x, var length) = ops.Patches(x, ops.Size(x, 1), kept: 0);
        x = ops.Reshape(x, -1, width);                                                                     // [N·L, W]
        for (var i = 0; i < spec.Layers; i++) x = spec.Block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, mask: null);
        x = ops.Mean(ops.Reshape(x, -1, length, width), 1);                                                // [N, W]
        return Projection.Build(ops, spec.Projection, w["proj"], ops.LayerNorm(x, w["ln_post"], spec.Epsilon));
    }

    /// <summary>Widen, filter each channel, narrow; added to the input. A stage's first block, which gets the channels <paramref name="from"/> (null in the others), halves the sides.</summary>
    private static T InvertedResidual<T>(IOperators<T> ops, VitaminSpec spec, Scope<T> w, T x, VitaminStage stage, int? from)
        where T : class
    {
        var y = ops.Activate(ops.Conv(ChannelNorm.Build(ops, w["pre_norm"], x, spec.Epsilon), w["conv1_1x1"], bias: true), Activation.Gelu);
        y = ops.Activate(ops.Conv(y, w["conv2_kxk"], stride: from is null ? 1 : 2, padding: 1, groups: stage.Hidden, bias: true), Activation.Gelu);
        y = ops.Conv(y, w["conv3_1x1"], bias: true);
        if (from is null) return ops.Add(y, x);
        x = ops.AveragePool(x, 3, stride: 2, padding: 1);
        return ops.Add(y, from == stage.Channels ? x : ops.Conv(x, w["shortcut"]["expand"], bias: true));
    }
}
