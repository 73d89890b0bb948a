using System.Collections.Frozen;
using System.IO.Compression;
using System.Text;
using NClip.Architectures;
using NClip.Configuration;
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

/// <summary>The words of a model's training texts: English words in lower case, Chinese characters one by one.</summary>
internal sealed class KnownWords(FrozenSet<string> words)
{
    // A hundred times what the words of twelve million captions need.
    private const int MaxBytes = 64 << 20;

    /// <summary>Reads a gzipped list, a word a line; null where there is no such file.</summary>
    /// <exception cref="ClipException">It is no gzip, is cut, or unpacks to more than 64 MB.</exception>
    public static KnownWords? Read(string file)
    {
        if (!File.Exists(file)) return null;
        try
        {
            using var gzip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
            using var text = new MemoryStream();
            var piece = new byte[1 << 16];
            for (int n; (n = gzip.Read(piece)) > 0; text.Write(piece, 0, n))
                if (text.Length + n > MaxBytes) throw new ClipException($"unpacks to more than {MaxBytes} bytes, which no list of known words has: a gzip bomb, or another file. Remove it, or get the model again.", file);
            return new KnownWords(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToFrozenSet(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new ClipException($"the list of known words cannot be read: {e.Message} Remove it, or get the model again.", file, e);
        }
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
