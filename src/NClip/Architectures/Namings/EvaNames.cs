namespace NClip.Architectures.Namings;

/// <summary>The EVA-CLIP authors' names: timm's without its trunk, with words of their own and the rotary tables, which are computed here.</summary>
internal static class EvaNames
{
    /// <summary>The tower's names below <paramref name="prefix"/> (visual; vision_model in other models that have it), as the table of timm's names expects them.</summary>
    public static NamingRule[] Below(string prefix) =>
    [
        new($@"^{prefix}\.(.+\.)?rope\.freqs_(cos|sin)$", null),
        new($@"^{prefix}\.(?=(cls_token|pos_embed)$|(patch_embed|blocks|norm|head)\.)", "visual.trunk."),
        new(@"(?<=^visual\.trunk\.blocks\.\d+\.attn)\.inner_attn_ln\.", ".norm."),
        new(@"(?<=^visual\.trunk\.blocks\.\d+\.mlp)\.ffn_ln\.", ".norm."),
        new(@"(?<=^visual\.trunk\.blocks\.\d+\.mlp)\.w1\.", ".fc1_g."),
        new(@"(?<=^visual\.trunk\.blocks\.\d+\.mlp)\.w2\.", ".fc1_x."),
        new(@"(?<=^visual\.trunk\.blocks\.\d+\.mlp)\.w3\.", ".fc2."),
    ];

    public static readonly NamingRule[] Rules = [.. Below("visual"), .. TimmNames.Rules, .. OpenClipNames.Rules];
}
