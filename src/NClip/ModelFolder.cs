using System.Collections.Frozen;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using NClip.ZeroShot;

namespace NClip;

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

    private static PromptTemplates ReadTemplates(string file)
    {
        if (!File.Exists(file)) return PromptTemplates.Default;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            if (!json.RootElement.TryGetProperty("nclip", out var own) || !own.TryGetProperty("templates", out var templates)) return PromptTemplates.Default;
            string[] Read(string key) => [.. templates.GetProperty(key).EnumerateArray().Select(e => e.GetString()!)];
            return new PromptTemplates(PromptTemplates.Of(Read("en")).English, PromptTemplates.Of(Read("zh")).Chinese);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new ClipException("its templates cannot be read: expected \"nclip\": {\"templates\": {\"en\": [\"a photo of a {}.\"], \"zh\": [...]}}. " + e.Message, file, e);
        }
    }
}

/// <summary>The words of a model's training texts: English words in lower case, Chinese characters one by one.</summary>
internal sealed class KnownWords(FrozenSet<string> words)
{
    /// <summary>Reads a gzipped list, a word a line; null where there is no such file.</summary>
    public static KnownWords? Read(string file)
    {
        if (!File.Exists(file)) return null;
        using var reader = new StreamReader(new GZipStream(File.OpenRead(file), CompressionMode.Decompress), Encoding.UTF8);
        return new KnownWords(reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.Ordinal));
    }

    /// <summary>True where the text has words and none of them was met.</summary>
    public bool NoneIn(string text)
    {
        var any = false;
        foreach (var w in Words(text))
        {
            if (words.Contains(w)) return false;
            any = true;
        }
        return any;
    }

    /// <summary>Runs of letters and digits in lower case; every CJK ideograph is a word of its own.</summary>
    internal static IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        foreach (var r in text.EnumerateRunes())
        {
            var alone = PromptTemplates.HasChinese(r.ToString());
            if (!alone && Rune.IsLetterOrDigit(r)) { word.Append(Rune.ToLowerInvariant(r)); continue; }
            if (word.Length > 0) { yield return word.ToString(); word.Clear(); }
            if (alone) yield return r.ToString();
        }
        if (word.Length > 0) yield return word.ToString();
    }
}
