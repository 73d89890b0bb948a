namespace NClip.Architectures.Namings;

/// <summary>transformers' CLIPModel, SiglipModel and ChineseCLIPModel.</summary>
internal static class HuggingFaceNames
{
    public static readonly NamingRule[] Rules =
    [
        new(@"^vision_model\.embeddings\.class_embedding$", "visual.class_embedding"),
        new(@"^vision_model\.embeddings\.patch_embedding\.", "visual.conv1."),
        new(@"^vision_model\.embeddings\.position_embedding\.weight$", "visual.positional_embedding"),
        new(@"^vision_model\.pre_layrnorm\.", "visual.ln_pre."),
        new(@"^vision_model\.post_layernorm\.", "visual.ln_post."),
        new(@"^vision_model\.head\.probe$", "visual.map_pool.latent") { Squeeze = true },
        new(@"^vision_model\.head\.attention\.", "visual.map_pool.attn."),
        new(@"^vision_model\.head\.layernorm\.", "visual.map_pool.ln."),
        new(@"^vision_model\.head\.mlp\.", "visual.map_pool.mlp."),
        new(@"^vision_model\.encoder\.layers\.", "visual.transformer.resblocks."),
        new(@"^visual_projection\.weight$", "visual.proj") { Transposed = true },
        new(@"^text_model\.embeddings\.token_embedding\.", "token_embedding."),
        new(@"^text_model\.embeddings\.position_embedding\.weight$", "positional_embedding"),
        new(@"^text_model\.encoder\.layers\.", "transformer.resblocks."),
        new(@"^text_model\.final_layer_norm\.", "ln_final."),
        new(@"^(text_projection|text_model\.head)\.weight$", "text_projection") { Transposed = true },
        new(@"^(text_projection|text_model\.head)\.bias$", "text_projection.bias"),
        new(@"^text_model\.(embeddings|encoder|pooler)\.", "bert.$1."),
        new(@"\.self_attn\.q_proj\.(weight|bias)$", ".attn.in_proj_$1"),
        new(@"\.self_attn\.k_proj\.(weight|bias)$", ".attn.in_proj_$1") { Part = 1 },
        new(@"\.self_attn\.v_proj\.(weight|bias)$", ".attn.in_proj_$1") { Part = 2 },
        new(@"\.self_attn\.out_proj\.", ".attn.out_proj."),
        new(@"\.layer_norm([12])\.", ".ln_$1."),
        new(@"\.mlp\.fc1\.", ".mlp.c_fc."),
        new(@"\.mlp\.fc2\.", ".mlp.c_proj."),
    ];
}
