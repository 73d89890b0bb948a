namespace NClip.Architectures.Namings;

/// <summary>The Chinese-CLIP authors' names: OpenAI's for the image tower, bert.* for the text tower, which are canonical already.</summary>
internal static class ChineseClipNames
{
    public static readonly NamingRule[] Rules = [];
}
