namespace NClip.Architectures.Namings;

/// <summary>transformers' CLIPModel, SiglipModel, ChineseCLIPModel, AltCLIPModel and AlignModel: one table to read them all, and one for each to write it.</summary>
internal static class HuggingFaceNames
{
    public static readonly NamingRule[] Rules =
    [
        new(@"^vision_model\.embeddings\.convolution\.", "visual.stem.conv."),
        new(@"^vision_model\.embeddings\.batchnorm\.", "visual.stem.bn."),
        new(@"^vision_model\.encoder\.blocks\.", "visual.blocks."),
        new(@"(?<=^visual\.blocks\.\d+)\.expansion\.expand_(conv|bn)\.", ".expand.$1."),
        new(@"(?<=^visual\.blocks\.\d+)\.depthwise_conv\.depthwise_conv\.", ".depthwise.conv."),
        new(@"(?<=^visual\.blocks\.\d+)\.depthwise_conv\.depthwise_norm\.", ".depthwise.bn."),
        new(@"(?<=^visual\.blocks\.\d+)\.squeeze_excite\.", ".squeeze."),
        new(@"(?<=^visual\.blocks\.\d+)\.projection\.project_(conv|bn)\.", ".project.$1."),
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
        new(@"^text_model\.roberta\.", "text_model."),
        new(@"^text_model\.pre_LN\.", "bert.pre_ln."),
        new(@"^text_model\.transformation\.", "bert.transformation."),
        new(@"^text_model\.(embeddings|encoder|pooler)\.", "bert.$1."),
        new(@"\.self_attn\.q_proj\.(weight|bias)$", ".attn.in_proj_$1"),
        new(@"\.self_attn\.k_proj\.(weight|bias)$", ".attn.in_proj_$1") { Part = 1 },
        new(@"\.self_attn\.v_proj\.(weight|bias)$", ".attn.in_proj_$1") { Part = 2 },
        new(@"\.self_attn\.out_proj\.", ".attn.out_proj."),
        new(@"\.layer_norm([12])\.", ".ln_$1."),
        new(@"\.mlp\.fc1\.", ".mlp.c_fc."),
        new(@"\.mlp\.fc2\.", ".mlp.c_proj."),
    ];

    /// <summary>Canonical names -> CLIPModel's, which the other two share but for what their own tables say first.</summary>
    public static readonly NamingRule[] WrittenClip =
    [
        new(@"^visual\.class_embedding$", "vision_model.embeddings.class_embedding"),
        new(@"^visual\.conv1\.", "vision_model.embeddings.patch_embedding."),
        new(@"^visual\.positional_embedding$", "vision_model.embeddings.position_embedding.weight"),
        new(@"^visual\.ln_pre\.", "vision_model.pre_layrnorm."),
        new(@"^visual\.ln_post\.", "vision_model.post_layernorm."),
        new(@"^visual\.transformer\.resblocks\.", "vision_model.encoder.layers."),
        new(@"^visual\.proj$", "visual_projection.weight") { Transposed = true },
        new(@"^token_embedding\.", "text_model.embeddings.token_embedding."),
        new(@"^positional_embedding$", "text_model.embeddings.position_embedding.weight"),
        new(@"^transformer\.resblocks\.", "text_model.encoder.layers."),
        new(@"^ln_final\.", "text_model.final_layer_norm."),
        new(@"^text_projection$", "text_projection.weight") { Transposed = true },
        new(@"(?<=layers\.\d+)\.attn\.in_proj_(weight|bias)$", ".self_attn.*_proj.$1") { Split = ["q", "k", "v"] },
        new(@"(?<=layers\.\d+)\.attn\.out_proj\.", ".self_attn.out_proj."),
        new(@"(?<=layers\.\d+)\.ln_([12])\.", ".layer_norm$1."),
        new(@"\.mlp\.c_fc\.", ".mlp.fc1."),
        new(@"\.mlp\.c_proj\.", ".mlp.fc2."),
    ];

    /// <summary>Canonical names -> SiglipModel's.</summary>
    public static readonly NamingRule[] WrittenSiglip =
    [
        new(@"^logit_(scale|bias)$", "logit_$1") { Rank = 1 },
        new(@"^visual\.map_pool\.latent$", "vision_model.head.probe") { Rank = 3 },
        new(@"^visual\.map_pool\.attn\.", "vision_model.head.attention."),
        new(@"^visual\.map_pool\.ln\.", "vision_model.head.layernorm."),
        new(@"^visual\.map_pool\.mlp\.", "vision_model.head.mlp."),
        new(@"^text_projection$", "text_model.head.weight") { Transposed = true },
        new(@"^text_projection\.bias$", "text_model.head.bias"),
        .. WrittenClip,
    ];

    /// <summary>Canonical names -> ChineseCLIPModel's.</summary>
    public static readonly NamingRule[] WrittenChineseClip = [new(@"^bert\.", "text_model."), .. WrittenClip];
}
