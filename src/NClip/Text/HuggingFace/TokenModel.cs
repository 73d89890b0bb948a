using System.Text;
using NClip.Text.Bpe;
using NClip.Text.Cleaning;
using NClip.Text.SentencePiece;
using NClip.Text.WordPiece;

namespace NClip.Text.HuggingFace;

/// <summary>The "model" of a tokenizer.json: word to ids. (huggingface/tokenizers, models/)</summary>
internal abstract class TokenModel
{
    /// <summary>Larger ids than any vocabulary of a text tower has, and the largest that a merge can hold.</summary>
    private const int MaxId = MergeTable.MaxIds;

    private const int MaxWordLength = 1000;

    /// <summary>Token strings by id; null where an id has none.</summary>
    public required string?[] Tokens { get; init; }

    /// <summary>Id of each token string.</summary>
    public required Dictionary<string, int> Ids { get; init; }

    /// <summary>Pieces by probability instead of merges or longest match.</summary>
    public virtual bool IsUnigram => false;

    /// <summary>Appends the ids of one word.</summary>
    public abstract void Encode(string word, List<int> ids);

    /// <summary>Token strings to text.</summary>
    public virtual string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
            text.Append((uint)id < (uint)Tokens.Length ? Tokens[id] : null);
        return text.Replace('\u2581', ' ').ToString();
    }

    /// <param name="json">The "model" object.</param>
    /// <param name="byteLevel">Whether the pre-tokenizer makes byte symbols of the text.</param>
    /// <exception cref="TokenizerException">A kind of model that NClip does not know, or a broken one.</exception>
    public static TokenModel Read(TokenizerJson json, bool byteLevel)
    {
        // Files of before 2021 leave the kind out.
        var kind = json.Text("type") ?? (json.Get("merges") is not null ? "BPE" : json.Get("unk_id") is not null ? "Unigram" : "WordPiece");
        return kind switch
        {
            "WordPiece" => WordPiece(json),
            "Unigram" => Unigram(json),
            "BPE" when byteLevel => ByteLevel(json),
            "BPE" => Characters(json),
            _ => throw json.Unsupported($"a '{kind}' model", "WordPiece, Unigram, BPE"),
        };
    }

    /// <summary>A vocabulary as an object of token to id, as vocab.json and tokenizer.json have it.</summary>
    public static (string?[] Tokens, Dictionary<string, int> Ids) ReadVocabulary(TokenizerJson json)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var count = 0;
        foreach (var (token, value) in json.Members())
        {
            var id = value.Number();
            if (id is < 0 or >= MaxId)
                throw value.Unsupported($"the id {id}", $"ids from 0 to {MaxId - 1}");
            ids[token] = id;
            count = Math.Max(count, id + 1);
        }
        var tokens = new string?[count];
        foreach (var (token, id) in ids)
            tokens[id] = token;
        return (tokens, ids);
    }

    /// <summary>Merges as "left right" or [left, right].</summary>
    public static IEnumerable<(string Left, string Right)> ReadMerges(TokenizerJson json)
    {
        foreach (var item in json.Items())
        {
            if (item.IsText)
            {
                var text = item.Text();
                var blank = text.IndexOf(' ', StringComparison.Ordinal);
                if (blank <= 0 || blank == text.Length - 1)
                    throw item.Unsupported($"'{text}'", "two tokens with a blank between them");
                yield return (text[..blank], text[(blank + 1)..]);
                continue;
            }
            var pair = item.Items();
            if (pair.Count != 2)
                throw item.Unsupported($"{pair.Count} tokens", "pairs");
            yield return (pair[0].Text(), pair[1].Text());
        }
    }

    private static WordPieceModel WordPiece(TokenizerJson json)
    {
        var (tokens, ids) = ReadVocabulary(json.Need("vocab"));
        var words = new WordPieceTokenizer(
            [.. tokens.Select(t => t ?? "")],
            new BertCleaner(BertRules.HuggingFace),
            added: null,
            WordLength(json.Get("max_input_chars_per_word")),
            json.Text("unk_token") ?? "[UNK]",
            json.Text("continuing_subword_prefix") ?? "##",
            json.File);
        return new WordPieceModel(words) { Tokens = tokens, Ids = ids };
    }

    /// <summary>A word is looked up as often as it has characters, and all the way each time; so it may not be as long as a file likes.</summary>
    private static int WordLength(TokenizerJson? json) => json?.Number() switch
    {
        null => 100,
        > 0 and <= MaxWordLength and var length => length,
        var other => throw json!.Value.Unsupported($"{other}", $"words of 1 to {MaxWordLength} characters"),
    };

    private static UnigramModel Unigram(TokenizerJson json)
    {
        var unknownId = json.Need("unk_id").Number();
        var entries = json.Need("vocab").Items();
        var (tokens, scores, ids) = (new string?[entries.Count], new double[entries.Count], new Dictionary<string, int>(entries.Count, StringComparer.Ordinal));
        foreach (var (id, entry) in entries.Index())
        {
            var pair = entry.Items();
            if (pair.Count != 2)
                throw entry.Unsupported($"{pair.Count} values", "a token and its score");
            (tokens[id], scores[id]) = (pair[0].Text(), pair[1].Real());
            ids[tokens[id]!] = id;
        }
        if ((uint)unknownId >= (uint)entries.Count)
            throw json.Unsupported($"a model of {entries.Count} tokens whose unk_id is {unknownId}", "an unk_id inside the vocabulary");
        var bytes = json.Flag("byte_fallback", false) ? ByteFallback.Ids(name => ids.TryGetValue(name, out var id) ? id : null) : null;
        var usable = ids.Where(t => t.Key.Length > 0).Select(t => KeyValuePair.Create(Encoding.UTF8.GetBytes(t.Key), t.Value));
        return new UnigramModel(new UnigramSegmenter(usable, scores, scores.Min(), unknownId, single: false), unknownId, bytes) { Tokens = tokens, Ids = ids };
    }

    private static ByteLevelModel ByteLevel(TokenizerJson json)
    {
        var (tokens, ids) = ReadVocabulary(json.Need("vocab"));
        RefuseIgnoredMerges(json);
        if (json.Text("continuing_subword_prefix") is { Length: > 0 } prefix)
            throw json.Unsupported($"a BPE with the subword prefix '{prefix}'", "BPE without one");
        var endOfWord = json.Text("end_of_word_suffix") ?? "";
        return new ByteLevelModel(new ByteLevelBpe(tokens!, ReadMerges(json.Need("merges")), endOfWord, json.File), endOfWord) { Tokens = tokens, Ids = ids };
    }

    private static CharacterModel Characters(TokenizerJson json)
    {
        var (tokens, ids) = ReadVocabulary(json.Need("vocab"));
        RefuseIgnoredMerges(json);
        if (json.Text("continuing_subword_prefix") is { Length: > 0 } || json.Text("end_of_word_suffix") is { Length: > 0 })
            throw json.Unsupported("a BPE of characters that marks parts of words", "BPE of characters without such marks");
        int Need(string token) => ids.TryGetValue(token, out var id) ? id
            : throw new TokenizerException($"a merge needs the token '{Excerpt.Of(token)}', which the vocabulary does not have. Download the file again.", json.File);
        var merges = new BpeMerges();
        merges.AddAll(ReadMerges(json.Need("merges")), Need, json.File);
        int? unknown = json.Text("unk_token") is { } token ? Need(token) : null;
        return new CharacterModel(new CharacterBpe(ids, merges, json.Flag("byte_fallback", false), unknown, json.Flag("fuse_unk", false))) { Tokens = tokens, Ids = ids };
    }

    private static void RefuseIgnoredMerges(TokenizerJson json)
    {
        if (json.Flag("ignore_merges", false))
            throw json.Unsupported("a BPE that takes whole words before merges (ignore_merges)", "BPE that merges every word");
    }

    private sealed class WordPieceModel(WordPieceTokenizer words) : TokenModel
    {
        public override void Encode(string word, List<int> ids) => words.EncodeWord(word, ids);

        public override string Decode(ReadOnlySpan<int> ids) => words.Decode(ids);
    }

    private sealed class UnigramModel(UnigramSegmenter segmenter, int unknownId, int[]? bytes) : TokenModel
    {
        public override bool IsUnigram => true;

        public override void Encode(string word, List<int> ids)
        {
            var room = 3 * word.Length; // a UTF-16 unit is at most three bytes
            Span<byte> text = room <= 256 ? stackalloc byte[room] : new byte[room];
            text = text[..Encoding.UTF8.GetBytes(word, text)];
            var segments = new List<Segment>();
            segmenter.Segment(text, segments);
            SentencePieceTokenizer.AppendIds(text, segments, unknownId, bytes, ids);
        }
    }

    private sealed class ByteLevelModel(ByteLevelBpe bpe, string endOfWord) : TokenModel
    {
        public override void Encode(string word, List<int> ids) => bpe.Encode(word, ids);

        public override string Decode(ReadOnlySpan<int> ids) => bpe.Decode(ids, endOfWord);
    }

    private sealed class CharacterModel(CharacterBpe bpe) : TokenModel
    {
        public override void Encode(string word, List<int> ids) => bpe.Encode(word, ids);
    }
}
