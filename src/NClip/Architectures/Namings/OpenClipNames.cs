namespace NClip.Architectures.Namings;

/// <summary>open_clip: OpenAI's names, with custom_text's prefix, Hugging Face text towers and projections with a bias.</summary>
internal static class OpenClipNames
{
    public static readonly NamingRule[] Rules =
    [
        new(@"^text_decoder\.", null), // CoCa's captions
        new(@"^text\.transformer\.(embeddings|encoder|pooler)\.", "bert.$1."),
        .. EncoderNames.Rules,
        new(@"^text\.proj\.weight$", "text_projection") { Transposed = true },
        new(@"^text\.proj\.0\.weight$", "text_projection.fc1.weight"),
        new(@"^text\.proj\.2\.weight$", "text_projection.fc2.weight"),
        new(@"^text\.", ""),
        new(@"^text_projection\.weight$", "text_projection") { Transposed = true },
    ];
}
