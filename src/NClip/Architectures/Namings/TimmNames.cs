namespace NClip.Architectures.Namings;

/// <summary>timm's image towers under open_clip (visual.trunk, visual.head). Its ViT gets OpenAI's names; convolutional trunks keep theirs.</summary>
internal static class TimmNames
{
    public static readonly NamingRule[] Rules =
    [
        new(@"^visual\.trunk\.cls_token$", "visual.class_embedding") { Squeeze = true },
        new(@"^visual\.trunk\.pos_embed$", "visual.positional_embedding") { Squeeze = true },
        new(@"^visual\.trunk\.(patch_embed|embeds)\.proj\.", "visual.conv1."),
        new(@"^visual\.trunk\.embeds\.pos_embed$", "visual.positional_embedding") { Rows = true },
        new(@"^visual\.trunk\.norm_pre\.", "visual.ln_pre."),
        new(@"^visual\.trunk\.(norm|fc_norm)\.", "visual.ln_post."),
        new(@"^visual\.trunk\.blocks\.(\d+)\.(?=norm|attn|mlp|ls)", "visual.transformer.resblocks.$1."),
        new(@"^visual\.trunk\.attn_pool\.latent$", "visual.map_pool.latent") { Squeeze = true },
        new(@"^visual\.trunk\.attn_pool\.q\.(weight|bias)$", "visual.map_pool.attn.in_proj_$1"),
        new(@"^visual\.trunk\.attn_pool\.kv\.(weight|bias)$", "visual.map_pool.attn.in_proj_$1") { Part = 1 },
        new(@"^visual\.trunk\.attn_pool\.proj\.", "visual.map_pool.attn.out_proj."),
        new(@"^visual\.trunk\.attn_pool\.norm\.", "visual.map_pool.ln."),
        new(@"^visual\.trunk\.attn_pool\.mlp\.", "visual.map_pool.mlp."),
        new(@"^visual\.(head\.proj|trunk\.head(\.fc)?)\.weight$", "visual.proj") { Transposed = true },
        new(@"^visual\.(head\.proj|trunk\.head(\.fc)?)\.bias$", "visual.proj.bias"),
        new(@"^visual\.head\.mlp\.", "visual.proj."),
        new(@"(?<=resblocks\.\d+)\.norm([12])\.", ".ln_$1."),
        new(@"(?<=resblocks\.\d+)\.ls([12])\.", ".ls_$1."),
        new(@"(?<=resblocks\.\d+\.attn)\.qkv\.", ".in_proj_"),
        new(@"(?<=resblocks\.\d+\.attn)\.q_proj\.weight$", ".in_proj_weight"),
        new(@"(?<=resblocks\.\d+\.attn)\.k_proj\.weight$", ".in_proj_weight") { Part = 1 },
        new(@"(?<=resblocks\.\d+\.attn)\.v_proj\.weight$", ".in_proj_weight") { Part = 2 },
        new(@"(?<=resblocks\.\d+\.attn)\.([qv])_proj\.bias$", ".$1_bias"),
        new(@"(?<=resblocks\.\d+\.attn)\.norm\.", ".ln_inner."),
        new(@"(?<=resblocks\.\d+\.mlp)\.norm\.", ".ln."),
        new(@"(?<=resblocks\.\d+\.mlp)\.(fc1_g|w0)\.", ".c_gate."),
        new(@"(?<=resblocks\.\d+\.mlp)\.(fc1_x|w1)\.", ".c_fc."),
        new(@"(?<=resblocks\.\d+\.mlp)\.w2\.", ".c_proj."),
        new(@"(?<=resblocks\.\d+\.attn)\.proj\.", ".out_proj."),
        new(@"(?<=(resblocks\.\d+|map_pool)\.mlp)\.fc1\.", ".c_fc."),
        new(@"(?<=(resblocks\.\d+|map_pool)\.mlp)\.fc2\.", ".c_proj."),
    ];
}
