using NClip.Towers.Blocks;
using NClip.Towers.Blocks.Kinds;

namespace NClip.Towers.Image.Convolutional;

/// <summary>Image tower with MobileCLIP's FastViT ("MCi"), its branches merged: pixels [N, 3, H, W] -> features [N, D]. (Vasu et al. 2023, §3; Vasu et al. 2024, §4.2)</summary>
internal static class FastViT
{
    private const float Epsilon = 1e-5f;

    public static T Build<T>(IOperators<T> ops, FastViTSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var t = w["trunk"];
        var x = Layer(ops, t["stem"]["0"], pixels, kernel: 3, stride: 2);
        x = Layer(ops, t["stem"]["1"], x, kernel: 3, stride: 2, groups: spec.Stem);
        x = Layer(ops, t["stem"]["2"], x);                                                          // [N, C, H/4, W/4]
        for (var s = 0; s < spec.Stages.Count; s++) x = Stage(ops, spec, s, t["stages"][$"{s}"], x); // [N, C, H/2ˢ⁺², W/2ˢ⁺²]
        x = Layer(ops, t["final_conv"], x, kernel: 3, groups: spec.Stages[^1].Block.Width, squeezed: spec.Head);
        return Projection.Build(ops, spec.Projection, w["proj"], ops.GlobalAveragePool(x));
    }

    /// <summary>Halve the sides, add positions, then the blocks.</summary>
    private static T Stage<T>(IOperators<T> ops, FastViTSpec spec, int s, Scope<T> w, T x)
        where T : class
    {
        var (stage, proj) = (spec.Stages[s], w["downsample"]["proj"]);
        if (s > 0)
        {
            x = Layer(ops, proj["0"], x, kernel: 7, stride: 2, groups: spec.Stages[s - 1].Block.Width, squeezed: stage.Squeezed > 0 ? stage.Block.Width : 0);
            x = Layer(ops, proj["1"], x);
        }
        if (stage.Positions) x = ops.Conv(x, w["pos_emb"]["reparam_conv"], padding: 3, groups: stage.Block.Width, bias: true);
        for (var i = 0; i < stage.Blocks; i++)
        {
            var block = w["blocks"][$"{i}"];
            x = stage.Attention ? AttentionBlock(ops, stage, spec.Sides(s), block, x) : RepMixer.Build(ops, stage.Block, block, x);
        }
        return x;
    }

    /// <summary>A convolution, squeeze and excitation over so many channels where there are any, GELU. (Vasu et al. 2022, MobileOne, §3)</summary>
    private static T Layer<T>(IOperators<T> ops, Scope<T> w, T x, int kernel = 1, int stride = 1, int groups = 1, int squeezed = 0)
        where T : class
    {
        x = ops.Conv(x, w["reparam_conv"], stride, kernel / 2, groups, bias: true);
        if (squeezed > 0) x = SqueezeExcitation.Build(ops, w["se"]["fc1"], w["se"]["fc2"], x, squeezed, Activation.Relu);
        return ops.Activate(x, Activation.Gelu);
    }

    /// <summary>Self-attention over all places of the picture, then the feed-forward layer.</summary>
    private static T AttentionBlock<T>(IOperators<T> ops, FastViTStage stage, (int Rows, int Columns) sides, Scope<T> w, T x)
        where T : class
    {
        return ops.Block(x, Attended);
        T Attended(T x)
        {
            var (c, length, mixer) = (stage.Block.Width, sides.Rows * sides.Columns, w["token_mixer"]);
            var y = stage.LayerNorm ? x : ops.BatchNorm(x, w["norm"]);
            y = ops.Reshape(ops.Transpose(ops.Reshape(y, 0, c, length), 0, 2, 1), -1, c);            // [N·L, C]
            if (stage.LayerNorm) y = ops.LayerNorm(y, w["norm"], Epsilon);
            var qkv = ops.Split(ops.Linear(y, mixer["qkv"]["weight"], null), [c, c, c], 1);
            y = ops.Linear(Attention.Build(ops, new(c / FastViTSpec.HeadWidth, c, length, length), qkv[0], qkv[1], qkv[2]), mixer["proj"]);
            y = ops.Reshape(ops.Transpose(ops.Reshape(y, -1, length, c), 0, 2, 1), 0, c, sides.Rows, sides.Columns);
            x = ops.Add(x, ops.Mul(y, w["layer_scale_1"]["gamma"]));
            return RepMixer.FeedForward(ops, stage.Block, w["mlp"], w["layer_scale_2"]["gamma"], x);
        }
    }
}
