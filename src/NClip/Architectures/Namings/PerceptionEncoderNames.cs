namespace NClip.Architectures.Namings;

/// <summary>Meta's names of PE-Core: OpenAI's, with a pooling.</summary>
internal static class PerceptionEncoderNames
{
    public static readonly NamingRule[] Rules =
    [
        new(@"^visual\.attn_pool\.probe$", "visual.map_pool.latent") { Squeeze = true },
        new(@"^visual\.attn_pool\.layernorm\.", "visual.map_pool.ln."),
        new(@"^visual\.attn_pool\.(?=attn|mlp)", "visual.map_pool."),
    ];
}
