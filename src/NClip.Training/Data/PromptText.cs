namespace NClip.Training.Data;

/// <summary>Sentences around names, in both languages, for training.</summary>
internal static class PromptText
{
    private static readonly string[] _english =
    [
        "a photo of a {}.", "a photo of the {}.", "a photo of {}.", "a picture of a {}.", "an image of a {}.", "{}", "{}", "{}.", "the {}.", "a {}.", "a blurry photo of a {}.", "a close-up photo of a {}.",
        "a low resolution photo of a {}.", "a small picture of a {}.", "a good photo of the {}.", "there is a {} in the picture.", "this is a {}.", "a photo of a small {}.", "a photo of a large {}.", "a cropped photo of a {}.", "one {}.", "some {}.",
    ];

    private static readonly string[] _plain = ["{}", "a photo of a {}", "a picture of a {}", "there is a {} in the picture."];

    private static readonly string[] _chinese =
    [
        "{}", "{}", "{}", "一张{}的照片。", "一张{}的照片", "{}的照片。", "这是{}。", "{}的图片", "一张{}的图片。", "照片里有{}。", "一张模糊的{}照片。", "{}的特写照片。", "一个{}。", "图中是{}", "一张小{}的照片。",
    ];

    /// <summary>A name in a sentence, drawn by <paramref name="random"/>, of the name's own script.</summary>
    public static string Around(string name, Random random)
    {
        var list = IsChinese(name) ? _chinese : _english;
        return list[random.Next(list.Length)].Replace("{}", name, StringComparison.Ordinal);
    }

    /// <summary>A name in one of four sentences, for an encoder of which each text is kept.</summary>
    public static string Plain(string name, Random random) => _plain[random.Next(_plain.Length)].Replace("{}", name, StringComparison.Ordinal);

    /// <summary>Whether a text has a Chinese character.</summary>
    public static bool IsChinese(string text) => text.Any(c => c is >= '\u4e00' and <= '\u9fff');
}
