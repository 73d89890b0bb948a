using System.Runtime.InteropServices;
using System.Text;

namespace NClip.Text.Bpe;

/// <summary>
/// Byte-pair encoding over UTF-8 bytes, each byte written as one printable character (openai/gpt-2 encoder.py, bytes_to_unicode).
/// CLIP marks a word's last byte with <c>&lt;/w&gt;</c>, RoBERTa does not. Thread-safe.
/// </summary>
internal sealed class ByteLevelBpe
{
    private readonly string?[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly BpeMerges _merges;
    private readonly int[] _byte = new int[256], _lastByte = new int[256];
    private readonly WordCache _cache = new();
    private readonly string? _file;

    /// <param name="tokens">Token strings by id; null where an id has none.</param>
    /// <param name="merges">Pairs of token strings, most frequent first.</param>
    /// <param name="endOfWord">What the last symbol of a word ends with, or empty.</param>
    /// <param name="file">Named in errors.</param>
    /// <exception cref="TokenizerException">A byte or the result of a merge has no token, or there are too many of either.</exception>
    public ByteLevelBpe(string?[] tokens, IEnumerable<(string Left, string Right)> merges, string endOfWord, string? file = null)
        : this(tokens, Index(tokens), [], endOfWord, file) => _merges.AddAll(merges, Id, file);

    /// <summary>As the other, with merges that are ids already.</summary>
    /// <param name="tokens">Token strings by id; null where an id has none.</param>
    /// <param name="ids">The same turned round.</param>
    /// <param name="merges">Left, right and merged id, most frequent first.</param>
    /// <param name="endOfWord">What the last symbol of a word ends with, or empty.</param>
    /// <param name="file">Named in errors.</param>
    public ByteLevelBpe(string?[] tokens, Dictionary<string, int> ids, ReadOnlySpan<(int Left, int Right, int Merged)> merges, string endOfWord, string? file = null)
    {
        (_tokens, _ids, _merges, _file) = (tokens, ids, new BpeMerges(Math.Max(merges.Length, tokens.Length)), file);
        for (var b = 0; b < 256; b++)
        {
            var symbol = ByteSymbols.Of((byte)b).ToString();
            _byte[b] = Id(symbol);
            _lastByte[b] = Id(symbol + endOfWord);
        }
        foreach (var (left, right, merged) in merges) _merges.Add(left, right, merged);
    }

    /// <summary>Number of ids.</summary>
    public int VocabularySize => _tokens.Length;

    /// <summary>The id of a token string, or null.</summary>
    public int? Find(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>The token string of an id; null where it has none.</summary>
    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The merges as pairs of token strings, most frequent first.</summary>
    public IEnumerable<(string Left, string Right)> Merges() => _merges.Pairs().Select(p => (_tokens[p.Left]!, _tokens[p.Right]!));

    /// <summary>Appends the ids of one word (a piece of the pre-tokenizer). A lone surrogate counts as U+FFFD.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        var room = 3 * word.Length; // a UTF-16 unit is at most three bytes
        var bytes = room <= 256 ? stackalloc byte[room] : new byte[room];
        Encode(bytes[..Encoding.UTF8.GetBytes(word, bytes)], ids);
    }

    /// <summary>Appends the ids of one word given as UTF-8.</summary>
    public void Encode(ReadOnlySpan<byte> word, List<int> ids)
    {
        if (word.Length <= WordKey.MaxLength) Encode(WordKey.Of(word), ids);
        else Merge(word, ids);
    }

    /// <summary>Appends the ids of one short word.</summary>
    public void Encode(WordKey word, List<int> ids)
    {
        if (_cache.Find(word) is { } known)
        {
            known.AppendTo(ids);
            return;
        }
        Span<byte> bytes = stackalloc byte[16];
        var before = ids.Count;
        Merge(bytes[..word.CopyTo(bytes)], ids);
        _cache.Add(word, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    /// <summary>Ids to text: bytes of the symbols, read as UTF-8 with U+FFFD for what is not.</summary>
    /// <param name="ids">Token ids; those without a token are left out.</param>
    /// <param name="endOfWord">Written as a blank where it ends a token, or empty.</param>
    public string Decode(ReadOnlySpan<int> ids, string endOfWord)
    {
        var text = new StringBuilder();
        foreach (var id in ids) text.Append(Token(id));
        var symbols = text.ToString();
        var bytes = new List<byte>(symbols.Length);
        foreach (var c in symbols)
        {
            if (ByteSymbols.TryByte(c, out var b)) bytes.Add(b);
            else bytes.AddRange(Encoding.UTF8.GetBytes(c.ToString()));
        }
        var decoded = Encoding.UTF8.GetString([.. bytes]);
        return endOfWord.Length == 0 ? decoded : decoded.Replace(endOfWord, " ", StringComparison.Ordinal);
    }

    private void Merge(ReadOnlySpan<byte> word, List<int> ids)
    {
        var symbols = word.Length <= BpeMerges.ShortWord ? stackalloc int[word.Length] : new int[word.Length];
        for (var i = 0; i < word.Length; i++) symbols[i] = _byte[word[i]];
        if (word.Length > 0) symbols[^1] = _lastByte[word[^1]];
        ids.AddRange(symbols[.._merges.Apply(symbols)]);
    }

    private static Dictionary<string, int> Index(string?[] tokens)
    {
        var ids = new Dictionary<string, int>(tokens.Length, StringComparer.Ordinal);
        for (var i = 0; i < tokens.Length; i++)
            if (tokens[i] is { } t) ids.TryAdd(t, i);
        return ids;
    }

    private int Id(string token) => _ids.TryGetValue(token, out var id) ? id
        : throw new TokenizerException($"the vocabulary has no token '{Excerpt.Of(token)}', which its byte alphabet or a merge needs. The vocabulary and the merges must come from one tokenizer.", _file);
}
