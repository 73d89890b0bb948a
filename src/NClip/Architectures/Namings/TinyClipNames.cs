namespace NClip.Architectures.Namings;

/// <summary>TinyCLIP's names: OpenAI's below the modules that its trainer wraps, each perhaps in DistributedDataParallel's. (wkcn/TinyCLIP, open_clip/model.py)</summary>
internal static class TinyClipNames
{
    public static readonly NamingRule[] Rules =
    [
        new(@"^_(image_encoder|text_encoder|logit_scale)\.(module\.)?", ""),
    ];
}
