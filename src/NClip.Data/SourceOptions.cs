using NClip.Hub;
using NClip.ZeroShot;

namespace NClip.Data;

/// <summary>How sources are read.</summary>
/// <param name="ImageColumn">A table's column with the path of the picture. Default: the first that is there of filepath, image, image_path, path, file_name, filename.</param>
/// <param name="CaptionColumn">A table's column with the caption. Default: the first that is there of title, caption, captions, text.</param>
/// <param name="LabelColumn">A table's column with the class. Default: label or class, where there is one.</param>
/// <param name="ImageRoot">Folder that a table's relative paths start from. Default: the table's own.</param>
/// <param name="CaptionPerLine">Whether each line of a text file beside a picture is a caption (default), or the whole file is one.</param>
/// <param name="Templates">Sentences for the class names of a folder per class. Default: <see cref="PromptTemplates.Default"/>.</param>
/// <param name="Hub">Attempts, timeout, token and client for shards at an http address. Default: the environment's, as for models.</param>
public sealed record SourceOptions(
    string? ImageColumn = null,
    string? CaptionColumn = null,
    string? LabelColumn = null,
    string? ImageRoot = null,
    bool CaptionPerLine = true,
    PromptTemplates? Templates = null,
    HubOptions? Hub = null);
