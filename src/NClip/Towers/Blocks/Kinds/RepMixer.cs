namespace NClip.Towers.Blocks.Kinds;

/// <summary>FastViT's convolutional block, its branches merged: x [N, C, H, W] -> [N, C, H, W]. (Vasu et al. 2023, §3.2)</summary>
internal static class RepMixer
{
    public static T Build<T>(IOperators<T> ops, RepMixerSpec spec, Scope<T> w, T x)
        where T : class
    {
        return ops.Block(x, Mixed);
        T Mixed(T x)
        {
            x = ops.Conv(x, w["token_mixer"]["reparam_conv"], padding: Padding.Same, groups: spec.Width, bias: true);
            return FeedForward(ops, spec, w["mlp"], w["layer_scale"]["gamma"], x);
        }
    }

    /// <summary>Filter each channel, widen, GELU, narrow, scale; added to the input.</summary>
    public static T FeedForward<T>(IOperators<T> ops, RepMixerSpec spec, Scope<T> w, Scope<T> scale, T x)
        where T : class
    {
        var y = ops.BatchNorm(ops.Conv(x, w["conv"]["conv"], padding: Padding.Same, groups: spec.Width), w["conv"]["bn"]);
        y = ops.Conv(ops.Activate(ops.Conv(y, w["fc1"], bias: true), Activation.Gelu), w["fc2"], bias: true);
        return ops.Add(x, ops.Mul(y, scale));
    }
}
