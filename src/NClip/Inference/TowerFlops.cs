using NClip.Architectures;

namespace NClip.Inference;

/// <summary>Arithmetic of one picture or text, in floating point operations (a multiply-add counts as two); matrix products only.</summary>
internal static class TowerFlops
{
    /// <summary>One picture, or null for towers of convolutions, which are not counted.</summary>
    public static double? Image(ImageTowerSpec spec) => spec is VisionTransformerSpec s
        ? (2.0 * 3 * s.PatchSize * s.PatchSize * s.Block.Width * s.Patches) + (s.Layers * Block(s.Block, s.Tokens)) + (2.0 * s.PooledWidth * s.FeatureWidth)
        : null;

    /// <summary>One text of <paramref name="tokens"/> tokens, or null for towers that are not counted.</summary>
    public static double? Text(TextTowerSpec spec, int tokens) => spec is TextTransformerSpec s
        ? (s.Layers * Block(s.Block, tokens)) + (2.0 * s.Block.Width * s.FeatureWidth)
        : null;

    // Query, key, value and output (4 W^2), the feed-forward layer (2 W M), scores and their product with the values (2 T W each).
    private static double Block(TransformerBlockSpec b, int tokens) =>
        tokens * ((2.0 * ((4.0 * b.Width * b.Width) + (2.0 * b.Width * b.MlpWidth))) + (4.0 * tokens * b.Width));
}
