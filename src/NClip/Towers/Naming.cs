namespace NClip.Towers;

/// <summary>Whose tensor names a file uses.</summary>
internal enum Naming
{
    OpenAI,
    OpenClip,
    Timm,
    HuggingFace,
    ChineseClip,
    MobileClip,
    EvaClip,
    JinaClip,
    PerceptionEncoder,
    TinyClip,
}
