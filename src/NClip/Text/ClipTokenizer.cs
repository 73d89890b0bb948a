using System.Text;

namespace NClip.Text;

/// <summary>
/// CLIP's byte-level BPE: text cleaning, words, merges (openai/CLIP simple_tokenizer.py). The same class reads the vocabulary
/// as OpenAI, open_clip and Hugging Face do; how they differ is in <see cref="ClipTextRules"/>. Thread-safe.
/// </summary>
public sealed class ClipTokenizer : ITokenizer
{
    internal const string EndOfWord = "</w>";

    private static readonly Lazy<ByteLevelBpe> _vocabulary = new(ReadVocabulary);
    private static readonly Lazy<ClipTokenizer> _default = new(() => new ClipTokenizer(_vocabulary.Value, ClipTextRules.OpenAI));

    private readonly ByteLevelBpe _bpe;
    private readonly ClipTextRules _rules;
    private readonly (string Text, int Id)[] _specials;
    private readonly AddedTokens _added;

    internal ClipTokenizer(ByteLevelBpe bpe, ClipTextRules rules)
    {
        (_bpe, _rules) = (bpe, rules);
        _specials = [.. from s in rules.Specials let id = bpe.Find(s.Token) where id is not null select (s.Spelling, id.Value)];
        _added = rules.Added ?? AddedTokens.None;
    }

    /// <summary>OpenAI's tokenizer with its vocabulary of 49,408 ids, which the assembly carries.</summary>
    public static ClipTokenizer Default => _default.Value;

    /// <summary>OpenAI's vocabulary, for rules other than OpenAI's.</summary>
    internal static ByteLevelBpe Vocabulary => _vocabulary.Value;

    /// <inheritdoc/>
    public int VocabularySize => _bpe.VocabularySize;

    /// <summary>The row that OpenAI's models want: 77 ids, start 49406, end 49407, padded with 0.</summary>
    public static ContextSpec OpenAIContext { get; } = new(77, 49406, 49407, 0);

    /// <inheritdoc/>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new List<int>(16);
        if (_rules.Added is null)
        {
            Words(_rules.Clean(text), ids);
            return [.. ids];
        }
        var raw = _rules.AddedAfterCleaning ? _rules.Clean(text) : text;
        foreach (var part in _added.Split(raw))
        {
            if (part.Id is { } id) ids.Add(id);
            else Words(_rules.AddedAfterCleaning ? raw.Substring(part.Start, part.Length) : _rules.Clean(raw.Substring(part.Start, part.Length)), ids);
        }
        return [.. ids];
    }

    /// <summary>Ids to text; a word's end becomes a blank, so one stays at the end (simple_tokenizer.py, decode).</summary>
    public string Decode(ReadOnlySpan<int> ids) => _bpe.Decode(ids, EndOfWord);

    // The reference's regular expression, alternative by alternative: specials, contractions, letters, one digit, anything else but white space.
    private void Words(string text, List<int> ids)
    {
        var s = text.AsSpan();
        for (var i = 0; i < s.Length;)
        {
            var c = s[i];
            if (char.IsAsciiLetterLower(c)) // by far the most frequent
            {
                var end = i + 1;
                while (end < s.Length && char.IsAsciiLetterLower(s[end])) end++;
                if (end == s.Length || s[end] < 0x80 && !char.IsAsciiLetter(s[end]))
                {
                    _bpe.Encode(s[i..end], ids);
                    i = end;
                    continue;
                }
            }
            if (c == ' ') { i++; continue; }
            var length = Special(s[i..], ids);
            if (length > 0) { i += length; continue; }
            length = Contraction(s[i..]);
            if (length == 0)
            {
                var kind = CharacterKinds.At(s, i, out length);
                if (kind == CharacterKind.Space) { i += length; continue; }
                if (kind != CharacterKind.Number)
                    while (i + length < s.Length && CharacterKinds.At(s, i + length, out var more) == kind) length += more;
            }
            _bpe.Encode(s.Slice(i, length), ids);
            i += length;
        }
    }

    private int Special(ReadOnlySpan<char> s, List<int> ids)
    {
        if (s[0] != '<') return 0;
        foreach (var (text, id) in _specials)
        {
            if (s.StartsWith(text, StringComparison.Ordinal)) { ids.Add(id); return text.Length; }
            if (_rules.CaseSensitive || s.Length < text.Length || !Same(s[..text.Length], text)) continue;
            _bpe.Encode(s[..text.Length], ids); // found by the expression, but not the special token's own spelling
            return text.Length;
        }
        return 0;
    }

    private int Contraction(ReadOnlySpan<char> s)
    {
        if (s[0] != '\'' || s.Length < 2) return 0;
        var c = Fold(s[1]);
        if (c is 's' or 't' or 'm' or 'd') return 2;
        return s.Length > 2 && (c, Fold(s[2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    private bool Same(ReadOnlySpan<char> s, string special)
    {
        for (var i = 0; i < special.Length; i++)
            if (Fold(s[i]) != special[i]) return false;
        return true;
    }

    // The case-insensitive expression takes the long s for s; other letters are lower-case by now, or (open_clip's
    // 'whitespace' cleaning) still in capitals.
    private char Fold(char c) => _rules.CaseSensitive ? c : c == '\u017F' ? 's' : char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;

    // 256 byte symbols, the same at a word's end, the merges of the file's lines 2 to 48,895 in order, two specials.
    private static ByteLevelBpe ReadVocabulary()
    {
        const int merges = 49152 - 256 - 2;
        var lines = Encoding.UTF8.GetString(EmbeddedData.Read("bpe_simple_vocab_16e6.txt.gz")).Split('\n', merges + 2);
        var pairs = new (string, string)[merges];
        var tokens = new string[512 + merges + 2];
        var n = 0;
        foreach (var c in ByteSymbols.InVocabularyOrder()) (tokens[n], tokens[n++ + 256]) = (c.ToString(), c + EndOfWord);
        for (var i = 0; i < merges; i++)
        {
            var blank = lines[i + 1].IndexOf(' ', StringComparison.Ordinal);
            pairs[i] = (lines[i + 1][..blank], lines[i + 1][(blank + 1)..]);
            tokens[512 + i] = string.Concat(lines[i + 1].AsSpan(0, blank), lines[i + 1].AsSpan(blank + 1));
        }
        (tokens[^2], tokens[^1]) = ("<|startoftext|>", "<|endoftext|>");
        return new ByteLevelBpe(tokens, pairs, EndOfWord);
    }
}
