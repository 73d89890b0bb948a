namespace NClip.Configuration;

/// <summary>vision_cfg or text_cfg of an open_clip configuration.</summary>
/// <param name="Section">The object.</param>
/// <param name="QuickGelu">quick_gelu of the model they belong to.</param>
internal readonly record struct OpenClipSection(ConfigSection Section, bool QuickGelu);
