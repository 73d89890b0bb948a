namespace NClip.Hub;

/// <summary>A model that people ask for by name.</summary>
/// <param name="Name">Name to give as model.</param>
/// <param name="Architecture">Image tower, and the text tower where it is not CLIP's.</param>
/// <param name="ImageSize">Input side in pixels.</param>
/// <param name="Dimensions">Length of a feature.</param>
/// <param name="MegaParameters">Parameters in millions.</param>
/// <param name="Source">Who trained it, on what.</param>
public sealed record KnownModel(string Name, string Architecture, int ImageSize, int Dimensions, double MegaParameters, string Source);

/// <summary>Models that people ask for by name. Any other repository with a CLIP or SigLIP in it works too.</summary>
public static class KnownModels
{
    /// <summary>The models, OpenAI's own names first.</summary>
    // Sources: openai/CLIP clip.py (names); open_clip docs/model_profile.csv (sizes, dimensions, parameters); the repositories' cards (who, on what).
    public static IReadOnlyList<KnownModel> All { get; } =
    [
        new("RN50", "ModifiedResNet-50", 224, 1024, 102.0, "OpenAI"),
        new("RN101", "ModifiedResNet-101", 224, 512, 119.7, "OpenAI"),
        new("RN50x4", "ModifiedResNet-50 x4", 288, 640, 178.3, "OpenAI"),
        new("RN50x16", "ModifiedResNet-50 x16", 384, 768, 291.0, "OpenAI"),
        new("RN50x64", "ModifiedResNet-50 x64", 448, 1024, 623.3, "OpenAI"),
        new("ViT-B/32", "ViT-B/32", 224, 512, 151.3, "OpenAI"),
        new("ViT-B/16", "ViT-B/16", 224, 512, 149.6, "OpenAI"),
        new("ViT-L/14", "ViT-L/14", 224, 768, 427.6, "OpenAI"),
        new("ViT-L/14@336px", "ViT-L/14", 336, 768, 427.9, "OpenAI"),
        new("openai/clip-vit-base-patch32", "ViT-B/32", 224, 512, 151.3, "OpenAI, for transformers"),
        new("openai/clip-vit-base-patch16", "ViT-B/16", 224, 512, 149.6, "OpenAI, for transformers"),
        new("openai/clip-vit-large-patch14", "ViT-L/14", 224, 768, 427.6, "OpenAI, for transformers"),
        new("openai/clip-vit-large-patch14-336", "ViT-L/14", 336, 768, 427.9, "OpenAI, for transformers"),
        new("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "ViT-B/32", 224, 512, 151.3, "LAION-2B, open_clip"),
        new("laion/CLIP-ViT-B-16-laion2B-s34B-b88K", "ViT-B/16", 224, 512, 149.6, "LAION-2B, open_clip"),
        new("laion/CLIP-ViT-L-14-laion2B-s32B-b82K", "ViT-L/14", 224, 768, 427.6, "LAION-2B, open_clip"),
        new("laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "ViT-B/32", 224, 512, 151.3, "DataComp-XL, open_clip"),
        new("laion/CLIP-ViT-B-16-DataComp.XL-s13B-b90K", "ViT-B/16", 224, 512, 149.6, "DataComp-XL, open_clip"),
        new("laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K", "ViT-L/14", 224, 768, 427.6, "DataComp-XL, open_clip"),
        new("laion/CLIP-convnext_base_w-laion2B-s13B-b82K", "ConvNeXt-B", 256, 640, 179.4, "LAION-2B, open_clip"),
        new("laion/CLIP-ViT-B-32-roberta-base-laion2B-s12B-b32k", "ViT-B/32, RoBERTa text tower", 224, 512, 212.7, "LAION-2B, open_clip"),
        new("laion/CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k", "ViT-B/32, XLM-RoBERTa text tower (many languages)", 224, 512, 366.1, "LAION-5B, open_clip"),
        new("google/siglip-base-patch16-224", "ViT-B/16, SigLIP", 224, 768, 203.2, "Google, WebLI"),
        new("timm/ViT-B-16-SigLIP", "ViT-B/16, SigLIP", 224, 768, 203.2, "Google, WebLI, for open_clip"),
        new("timm/ViT-B-16-SigLIP-384", "ViT-B/16, SigLIP", 384, 768, 203.5, "Google, WebLI, for open_clip"),
        new("timm/ViT-SO400M-14-SigLIP-384", "ViT-SO400M/14, SigLIP", 384, 1152, 878.0, "Google, WebLI, for open_clip"),
    ];
}
