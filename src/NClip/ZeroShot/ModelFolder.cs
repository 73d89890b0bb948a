using NClip.Configuration;

namespace NClip.ZeroShot;

/// <summary>What a model's folder holds beside weights, configuration and tokenizer: templates and the words it met in training.</summary>
internal sealed class ModelFolder
{
    private readonly Lazy<PromptTemplates> _templates;
    private readonly Lazy<KnownWords?> _words;

    private ModelFolder(string path)
    {
        Path = path;
        _templates = new(() => ReadTemplates(System.IO.Path.Combine(path, "open_clip_config.json")));
        _words = new(() => KnownWords.Read(System.IO.Path.Combine(path, "known_words.txt.gz")));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The section <c>"nclip": {"templates": {"en": [...], "zh": [...]}}</c> of open_clip_config.json, or the default.</summary>
    public PromptTemplates Templates => _templates.Value;

    /// <summary>known_words.txt.gz (a word a line), or null: most models do not say.</summary>
    public KnownWords? KnownWords => _words.Value;

    /// <summary>The folder of a model file, or the folder itself.</summary>
    public static ModelFolder Of(string path) => new(Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);

    private static PromptTemplates ReadTemplates(string file) => !File.Exists(file) ? PromptTemplates.Default : ConfigFile.Read(file, root =>
    {
        var own = root.Object("nclip");
        var templates = own.Object("templates");
        return own.Get("templates") is null ? PromptTemplates.Default : new PromptTemplates(Read(templates, "en").English, Read(templates, "zh").Chinese);
    });

    private static PromptTemplates Read(ConfigSection templates, string language)
    {
        try
        {
            return PromptTemplates.Of([.. templates.Element.GetProperty(language).EnumerateArray().Select(e => e.GetString()!)]);
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new ClipException("its templates cannot be read: expected \"nclip\": {\"templates\": {\"en\": [\"a photo of a {}.\"], \"zh\": [...]}}. " + e.Message, templates.File, e);
        }
    }
}
