namespace NClip.Architectures.Namings;

/// <summary>transformers' T5 and M2M-100 encoders under open_clip.</summary>
internal static class EncoderNames
{
    public static readonly NamingRule[] Rules =
    [
        new(@"^text\.transformer\.embed_tokens\.", "embed_tokens."),
        new(@"^text\.transformer\.block\.0\.layer\.0\.SelfAttention\.relative_attention_bias\.", "t5.relative_attention_bias."),
        new(@"^text\.transformer\.(block|final_layer_norm)\.", "t5.$1."),
        new(@"^text\.transformer\.embed_positions\.weights$", null), // sinusoids, computed
        new(@"^text\.transformer\.(layers|layer_norm)\.", "m2m.$1."),
        new(@"(?<=^m2m\.layers\.\d+)\.self_attn\.q_proj\.(weight|bias)$", ".attn.in_proj_$1"),
        new(@"(?<=^m2m\.layers\.\d+)\.self_attn\.k_proj\.(weight|bias)$", ".attn.in_proj_$1") { Part = 1 },
        new(@"(?<=^m2m\.layers\.\d+)\.self_attn\.v_proj\.(weight|bias)$", ".attn.in_proj_$1") { Part = 2 },
        new(@"(?<=^m2m\.layers\.\d+)\.self_attn\.out_proj\.", ".attn.out_proj."),
        new(@"(?<=^m2m\.layers\.\d+)\.self_attn_layer_norm\.", ".ln_1."),
        new(@"(?<=^m2m\.layers\.\d+)\.final_layer_norm\.", ".ln_2."),
        new(@"(?<=^m2m\.layers\.\d+)\.fc1\.", ".mlp.c_fc."),
        new(@"(?<=^m2m\.layers\.\d+)\.fc2\.", ".mlp.c_proj."),
    ];
}
