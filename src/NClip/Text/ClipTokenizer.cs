using System.Text;
using NClip.Text.Bpe;
using NClip.Text.HuggingFace;

namespace NClip.Text;

/// <summary>
/// CLIP's byte-level BPE: text cleaning, words, merges (openai/CLIP simple_tokenizer.py). The same class reads the vocabulary
/// as OpenAI, open_clip and Hugging Face do; how they differ is in <see cref="ClipTextRules"/>. Thread-safe.
/// </summary>
public sealed class ClipTokenizer : ITokenizer
{
    internal const string EndOfWord = "</w>";

    private const int Merges = 49152 - 256 - 2;

    /// <summary>A list of ids longer than this is not kept for the thread's next text.</summary>
    private const int KeptIds = 1 << 14;

    private static readonly Lazy<ByteLevelBpe> _vocabulary = new(ReadVocabulary);
    private static readonly Lazy<ClipTokenizer> _default = new(() => new ClipTokenizer(_vocabulary.Value, ClipTextRules.OpenAI));

    [ThreadStatic]
    private static List<int>? _ids;

    private readonly ByteLevelBpe _bpe;
    private readonly ClipTextRules _rules;
    private readonly ClipWords _words;
    private readonly bool _plainNeedsNoCleaning;

    /// <summary>OpenAI's tokenizer with a vocabulary and a cache of words of its own; <see cref="Default"/>, whose cache the whole process shares, is what programs want.</summary>
    public ClipTokenizer() : this(ReadVocabulary(), ClipTextRules.OpenAI)
    {
    }

    internal ClipTokenizer(ByteLevelBpe bpe, ClipTextRules rules)
    {
        (_bpe, _rules, _words) = (bpe, rules, new ClipWords(bpe, rules));
        _plainNeedsNoCleaning = rules.Plain != PlainText.Cleaned && !MayBePlain(rules.Added) && !MayBePlain(rules.AddedToCleaned);

        static bool MayBePlain(AddedTokens? added) => added?.AnyMatches(t => ClipWords.IsPlain(t)) == true;
    }

    /// <summary>OpenAI's tokenizer with its vocabulary of 49,408 ids, which the assembly carries.</summary>
    public static ClipTokenizer Default => _default.Value;

    /// <summary>The row that OpenAI's models want: 77 ids, start 49406, end 49407, padded with 0.</summary>
    public static ContextSpec OpenAIContext { get; } = new(77, 49406, 49407, 0);

    /// <summary>OpenAI's vocabulary, for rules other than OpenAI's.</summary>
    internal static ByteLevelBpe Vocabulary => _vocabulary.Value;

    /// <summary>Its vocabulary and merges.</summary>
    internal ByteLevelBpe Bpe => _bpe;

    /// <summary>What it does around them.</summary>
    internal ClipTextRules Rules => _rules;

    /// <inheritdoc/>
    public int VocabularySize => _bpe.VocabularySize;

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = _ids ?? new List<int>(128);
        _ids = null;
        Append(text, ids);
        int[] result = [.. ids];
        ids.Clear();
        if (ids.Capacity <= KeptIds) _ids = ids;
        return result;
    }

    /// <summary>Ids to text; a word's end becomes a blank, so one stays at the end (simple_tokenizer.py, decode).</summary>
    public string Decode(ReadOnlySpan<int> ids) => _bpe.Decode(ids, EndOfWord);

    private void Append(string text, List<int> ids)
    {
        if (_plainNeedsNoCleaning && ClipWords.IsPlain(text))
        {
            _words.EncodePlain(text, _rules.Plain == PlainText.LowerCased, ids);
            return;
        }
        if (_rules.Added is not { } added)
        {
            AppendCleaned(_rules.Clean(text), ids);
            return;
        }
        foreach (var part in added.Split(text))
        {
            if (part.Id is { } id) ids.Add(id);
            else AppendCleaned(_rules.Clean(text.Substring(part.Start, part.Length)), ids);
        }
    }

    private void AppendCleaned(string text, List<int> ids)
    {
        if (_rules.AddedToCleaned is not { } added)
        {
            _words.Encode(text, ids);
            return;
        }
        foreach (var part in added.Split(text))
        {
            if (part.Id is { } id) ids.Add(id);
            else _words.Encode(text.AsSpan(part.Start, part.Length), ids);
        }
    }

    /// <summary>256 byte symbols, the same at a word's end, the merges of the file's lines 2 to 48,895 in order, two specials.</summary>
    internal static ByteLevelBpe ReadVocabulary()
    {
        var tokens = new string[512 + Merges + 2];
        var ids = new Dictionary<string, int>(tokens.Length, StringComparer.Ordinal);
        var byText = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var n = 0;
        foreach (var c in ByteSymbols.InVocabularyOrder()) (tokens[n], tokens[n++ + 256]) = (c.ToString(), c + EndOfWord);
        for (var i = 0; i < 512; i++) ids.Add(tokens[i], i);

        var pairs = new (int Left, int Right, int Merged)[Merges];
        foreach (var (i, text) in MergeLines().Index())
        {
            var line = text.AsSpan();
            var blank = line.IndexOf(' ');
            pairs[i] = (byText[line[..blank]], byText[line[(blank + 1)..]], 512 + i);
            ids.Add(tokens[512 + i] = string.Concat(line[..blank], line[(blank + 1)..]), 512 + i);
        }
        (tokens[^2], tokens[^1]) = (ClipTextRules.Start, ClipTextRules.End);
        for (var i = tokens.Length - 2; i < tokens.Length; i++) ids.Add(tokens[i], i);
        return new ByteLevelBpe(tokens, ids, pairs, EndOfWord);
    }

    /// <summary>The merges of OpenAI's vocabulary, most frequent first: two tokens with a blank between them.</summary>
    internal static IEnumerable<string> MergeLines()
    {
        using var reader = new StreamReader(EmbeddedData.Open("bpe_simple_vocab_16e6.txt.gz"), Encoding.UTF8);
        reader.ReadLine();
        for (var i = 0; i < Merges; i++) yield return reader.ReadLine()!;
    }
}
