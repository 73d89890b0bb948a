namespace NClip.Architectures.Namings;

/// <summary>jina-clip's: the EVA-CLIP authors' names for the image tower, transformers' prefixes, and every matrix of the text tower as what it is made of.</summary>
internal static class JinaClipNames
{
    public static readonly NamingRule[] Rules =
    [
        new(@"^text_model\.transformer\.roberta\.", "roberta."),
        new(@"(?<=^roberta\..*)\.parametrizations\.weight\.original$", ".weight"),
        new(@"(?<=^roberta\..*)\.parametrizations\.weight\.0\.(lora_[AB])$", ".weight.$1"),
        .. EvaNames.Below("vision_model"),
        .. TimmNames.Rules,
    ];
}
