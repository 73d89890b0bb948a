using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;

namespace NClip.Text;

/// <summary>
/// Byte-pair encoding over UTF-8 bytes, each byte written as one printable character (openai/gpt-2 encoder.py, bytes_to_unicode).
/// CLIP marks a word's last byte with <c>&lt;/w&gt;</c>, RoBERTa does not. Thread-safe.
/// </summary>
internal sealed class ByteLevelBpe
{
    private const int CachedWords = 1 << 16, CachedLength = 32;

    private readonly string[] _tokens;
    private readonly FrozenDictionary<string, int> _ids;
    private readonly BpeMerges _merges = new();
    private readonly int[] _byte = new int[256], _lastByte = new int[256];
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int _cached;

    /// <param name="tokens">Token strings by id; null where an id has none.</param>
    /// <param name="merges">Pairs of token strings, most frequent first.</param>
    /// <param name="endOfWord">What the last symbol of a word ends with, or empty.</param>
    /// <param name="file">Named in errors.</param>
    /// <exception cref="TokenizerException">A byte or the result of a merge has no token.</exception>
    public ByteLevelBpe(string[] tokens, IEnumerable<(string Left, string Right)> merges, string endOfWord, string? file = null)
    {
        _tokens = tokens;
        var ids = new Dictionary<string, int>(tokens.Length, StringComparer.Ordinal);
        for (var i = 0; i < tokens.Length; i++)
            if (tokens[i] is { } t) ids.TryAdd(t, i);
        _ids = ids.ToFrozenDictionary(StringComparer.Ordinal);
        _lookup = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var b = 0; b < 256; b++)
        {
            var symbol = ByteSymbols.Of((byte)b).ToString();
            _byte[b] = Id(ids, symbol, file);
            _lastByte[b] = Id(ids, symbol + endOfWord, file);
        }
        foreach (var (left, right) in merges)
            _merges.Add(Id(ids, left, file), Id(ids, right, file), Id(ids, left + right, file));
    }

    /// <summary>Number of ids.</summary>
    public int VocabularySize => _tokens.Length;

    /// <summary>The id of a token string, or null.</summary>
    public int? Find(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>The token string of an id; null where it has none.</summary>
    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>Appends the ids of one word (a piece of the pre-tokenizer).</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > CachedLength)
        {
            ids.AddRange(Merge(word));
            return;
        }
        if (!_lookup.TryGetValue(word, out var known))
        {
            known = Merge(word);
            // The cache is full after 65,536 words and stays as it is: what came first is what is frequent.
            if (Volatile.Read(ref _cached) < CachedWords && _lookup.TryAdd(word, known)) Interlocked.Increment(ref _cached);
        }
        ids.AddRange(known);
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

    private int[] Merge(ReadOnlySpan<char> word)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
        var n = Encoding.UTF8.GetBytes(word, bytes);
        if (n == 0) return [];
        var symbols = new int[n];
        for (var i = 0; i < n - 1; i++) symbols[i] = _byte[bytes[i]];
        symbols[n - 1] = _lastByte[bytes[n - 1]];
        return _merges.Apply(symbols);
    }

    private static int Id(Dictionary<string, int> ids, string token, string? file) => ids.TryGetValue(token, out var id) ? id
        : throw new TokenizerException($"the vocabulary has no token '{token}', which its byte alphabet or a merge needs. The vocabulary and the merges must come from one tokenizer.", file);
}

/// <summary>Bytes as printable characters: those that print stand for themselves, the others are U+0100 and on, in order.</summary>
internal static class ByteSymbols
{
    private static readonly char[] _symbols = Make();
    private static readonly FrozenDictionary<char, byte> _bytes = _symbols.Select((c, b) => (c, b)).ToFrozenDictionary(x => x.c, x => (byte)x.b);

    /// <summary>The character of a byte.</summary>
    public static char Of(byte b) => _symbols[b];

    /// <summary>The byte of a character, if it stands for one.</summary>
    public static bool TryByte(char c, out byte b) => _bytes.TryGetValue(c, out b);

    /// <summary>All characters in CLIP's order: those that stand for themselves, then the others.</summary>
    public static IEnumerable<char> InVocabularyOrder() => Enumerable.Range(0, 256).OrderBy(b => Prints(b) ? 0 : 1).ThenBy(b => b).Select(b => _symbols[b]);

    private static bool Prints(int b) => b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;

    private static char[] Make()
    {
        var (symbols, next) = (new char[256], 0x100);
        for (var b = 0; b < 256; b++) symbols[b] = Prints(b) ? (char)b : (char)next++;
        return symbols;
    }
}
