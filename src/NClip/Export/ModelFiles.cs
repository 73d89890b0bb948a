using NClip.Architectures;
using NClip.ZeroShot;

namespace NClip.Export;

/// <summary>The files of a model that go with it as they are.</summary>
internal static class ModelFiles
{
    /// <summary>What a model's configuration is called.</summary>
    public static IReadOnlyList<string> Configuration { get; } = ["open_clip_config.json", "config.json", "preprocessor_config.json", "hf_text_config.json"];

    /// <summary>What a tokenizer's files are called.</summary>
    public static IReadOnlyList<string> Tokenizer { get; } = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", SpecTexts.SentenceVocabulary, "*.model"];

    /// <summary>Copies the files that match <paramref name="patterns"/> and lie beside a model's weights; a link's target is copied. What is there already stays.</summary>
    /// <param name="source">The model's folder or weight file.</param>
    /// <param name="patterns">Names, with * and ?.</param>
    /// <param name="folder">Where to.</param>
    public static void CopyBeside(string source, IEnumerable<string> patterns, string folder)
    {
        var from = ModelFolder.Of(source).Path;
        foreach (var file in patterns.SelectMany(p => Directory.EnumerateFiles(from, p))) Copy(file, folder);
    }

    /// <summary>Copies a file, following links, under its name or another; one that is there already stays.</summary>
    public static void Copy(string file, string folder, string? name = null)
    {
        var to = Path.Combine(folder, name ?? Path.GetFileName(file));
        if (File.Exists(to)) return;
        using var copy = new FileStream(to, FileMode.CreateNew, FileAccess.Write);
        using var original = File.OpenRead(file);
        original.CopyTo(copy);
    }
}
