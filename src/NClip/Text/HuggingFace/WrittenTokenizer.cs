using System.Text.Json.Nodes;
using NClip.Text.Bpe;
using NClip.Text.Cleaning;
using NClip.Text.SentencePiece;
using NClip.Text.WordPiece;

namespace NClip.Text.HuggingFace;

/// <summary>
/// A tokenizer as tokenizer.json and tokenizer_config.json, which the tokenizers of Hugging Face's programs read. Its cleaning is written as their normalizers;
/// ftfy and HTML's entities, which these do not know, are left out.
/// </summary>
/// <param name="Tokenizer">tokenizer.json.</param>
/// <param name="Config">tokenizer_config.json.</param>
internal sealed record WrittenTokenizer(JsonObject Tokenizer, JsonObject Config)
{
    private const string AsciiPunctuation = """[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]""";

    /// <param name="texts">The tokenizer and its rows: what stands at their ends is written too.</param>
    /// <param name="padCounts">The tower reads what pads a row; where it does not, CLIP's rows are padded with the end token, as in published folders.</param>
    /// <returns>null for a kind that has no such form: SentencePiece's BPE without its tokenizer.json.</returns>
    public static WrittenTokenizer? Of(TextPipeline texts, bool padCounts)
    {
        if (Describe(texts.Tokenizer) is not var (json, type)) return null;
        var row = texts.Context;
        var pad = !padCounts && texts.Tokenizer is ClipTokenizer && row.EndId is { } last ? last : row.PadId;
        json["post_processor"] = Ends(json, row);
        var config = new JsonObject { ["tokenizer_class"] = type, ["model_max_length"] = row.Length, ["padding_side"] = "right", ["pad_token"] = Token(json, pad) };
        foreach (var (name, id) in ((string, int?)[])[(type == "BertTokenizer" ? "cls_token" : "bos_token", row.StartId), (type == "BertTokenizer" ? "sep_token" : "eos_token", row.EndId)])
            if (id is { } known) config[name] = Token(json, known);
        if (json["model"]!["unk_token"] is JsonValue unknown) config["unk_token"] = unknown.DeepClone();
        return new(json, config);
    }

    private static (JsonObject Json, string Type)? Describe(ITokenizer tokenizer)
    {
        switch (tokenizer)
        {
            case CleanedTokenizer c:
                if (Describe(c.Tokenizer) is not var (inner, kind)) return null;
                inner["normalizer"] = Steps([.. Cleaning(c.Cleaning), inner["normalizer"]?.DeepClone()]);
                return (inner, kind);
            case ClipTokenizer c:
                string[] own = [ClipTextRules.Start, ClipTextRules.End];
                return (Json(own.Select(t => (c.Bpe.Find(t), t)).Where(t => t.Item1 is not null).Select(t => new AddedToken(t.Item1!.Value, t.t)), Steps([Step("NFC"), .. Cleaning(c.Rules.Cleaning)]),
                    new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(Split(HuggingFacePreTokenizers.ClipExpression), ByteLevel(prefix: false, cut: false)) }, Bpe(c.Bpe, ClipTextRules.End, ClipTokenizer.EndOfWord)), "CLIPTokenizer");
            case RobertaTokenizer r:
                return (Json(r.Added.Tokens, null, ByteLevel(r.PrefixSpace != PrefixSpace.None, cut: true), Bpe(r.Bpe, null, "")), "RobertaTokenizer");
            case WordPieceTokenizer w:
                return (Json(w.Added.Tokens, Bert(w.Cleaner), Step("BertPreTokenizer"), WordPiece(w)), "BertTokenizer");
            case SiglipTokenizer s when s.Pieces.Model.Kind == SentencePieceKind.Unigram:
                return (Json(s.Special.Tokens, Steps([.. Cleaning(CleanedTokenizer.Siglip), .. Pieces(s.Pieces.Model)]), Metaspace(prefix: true), Unigram(s.Pieces.Model)), "SiglipTokenizer");
            case SentencePieceTokenizer s when s.Model.Kind == SentencePieceKind.Unigram:
                return (Json(Special(s.Model), Steps([.. Pieces(s.Model)]), Metaspace(s.Model.AddDummyPrefix), Unigram(s.Model)), "PreTrainedTokenizerFast");
            case HuggingFaceTokenizer h:
                var file = JsonNode.Parse(TokenizerFiles.ReadText(h.File))!.AsObject();
                file["added_tokens"] = Added(h.Added);
                return (file, "PreTrainedTokenizerFast");
            default:
                return null;
        }
    }

    private static JsonObject Json(IEnumerable<AddedToken> added, JsonNode? normalizer, JsonObject words, JsonObject model) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = Added(added),
        ["normalizer"] = normalizer,
        ["pre_tokenizer"] = words,
        ["post_processor"] = null,
        ["decoder"] = model["type"]!.GetValue<string>() switch { "WordPiece" => new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true }, "Unigram" => Metaspace(prefix: true), _ => Step("ByteLevel") },
        ["model"] = model,
    };

    private static JsonArray Added(IEnumerable<AddedToken> tokens) => [.. tokens.OrderBy(t => t.Id).Select(t => new JsonObject
    {
        ["id"] = t.Id, ["content"] = t.Content, ["single_word"] = t.SingleWord, ["lstrip"] = t.StripLeft, ["rstrip"] = t.StripRight, ["normalized"] = t.Normalized, ["special"] = true,
    })];

    /// <summary>Python's blanks: regular expressions elsewhere leave out its four separators, and so does CLIP's published file.</summary>
    private const string PythonsBlanks = "[\\s\u001c-\u001f]+";

    /// <summary>What a cleaning does, in steps that Hugging Face's tokenizers know.</summary>
    private static List<JsonObject> Cleaning(string name)
    {
        if (name is CleanedTokenizer.LowerCharacters) return [Step("Lowercase")];
        List<JsonObject> steps = [];
        if (name is TextCleaner.KeepCaseNoUnderscore or TextCleaner.Canonical) steps.Add(Replace("_", " "));
        if (name is TextCleaner.Canonical or CleanedTokenizer.Siglip) steps.Add(Replace(AsciiPunctuation, ""));
        steps.AddRange([Replace(name is TextCleaner.Canonical or CleanedTokenizer.Siglip ? PythonsBlanks : @"\s+", " "), new() { ["type"] = "Strip", ["strip_left"] = true, ["strip_right"] = true }]);
        if (name is not (TextCleaner.KeepCase or TextCleaner.KeepCaseNoUnderscore)) steps.Add(Step("Lowercase"));
        return steps;
    }

    /// <summary>SentencePiece's own rewriting rules and blanks.</summary>
    private static IEnumerable<JsonObject> Pieces(SentencePieceModel model)
    {
        if (model.Charsmap is { } map) yield return new() { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(map.ToBytes()) };
        if (!model.RemoveExtraWhitespace) yield break;
        yield return Replace(" {2,}", " ");
        yield return new() { ["type"] = "Strip", ["strip_left"] = true, ["strip_right"] = true };
    }

    private static IEnumerable<AddedToken> Special(SentencePieceModel model) =>
        model.Pieces.Index().Where(p => p.Item.Kind is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined).Select(p => new AddedToken(p.Index, p.Item.Text));

    private static JsonObject Bert(BertCleaner c) => new()
    {
        ["type"] = "BertNormalizer",
        ["clean_text"] = c.DropControls,
        ["handle_chinese_chars"] = c.SplitCjk,
        ["strip_accents"] = c.StripAccents,
        ["lowercase"] = c.Lower,
    };

    private static JsonObject WordPiece(WordPieceTokenizer w) => new()
    {
        ["type"] = "WordPiece",
        ["unk_token"] = w.Unknown,
        ["continuing_subword_prefix"] = w.Prefix,
        ["max_input_chars_per_word"] = w.MaxWordLength,
        ["vocab"] = Ids(w.Pieces),
    };

    private static JsonObject Unigram(SentencePieceModel m) => new()
    {
        ["type"] = "Unigram",
        ["unk_id"] = m.UnknownId,
        ["byte_fallback"] = m.ByteFallback,
        ["vocab"] = new JsonArray([.. m.Pieces.Select(p => new JsonArray(p.Text, p.Score))]),
    };

    private static JsonObject Bpe(ByteLevelBpe bpe, string? unknown, string endOfWord) => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = unknown,
        ["continuing_subword_prefix"] = "",
        ["end_of_word_suffix"] = endOfWord,
        ["fuse_unk"] = false,
        ["vocab"] = Ids([.. Enumerable.Range(0, bpe.VocabularySize).Select(id => bpe.Token(id))]),
        ["merges"] = new JsonArray([.. bpe.Merges().Select(m => (JsonNode)$"{m.Left} {m.Right}")]),
    };

    /// <summary>Of equal pieces the last one's id counts.</summary>
    private static JsonObject Ids(IReadOnlyList<string?> pieces)
    {
        var ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        foreach (var (id, piece) in pieces.Index())
            if (piece is not null) ids[piece] = id;
        return new(ids.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
    }

    /// <summary>The tokens at a row's ends.</summary>
    private static JsonObject Ends(JsonObject json, ContextSpec row)
    {
        var (single, tokens) = (new JsonArray(), new JsonObject());
        void One(int? id)
        {
            if (id is not { } known) return;
            var token = Token(json, known);
            single.Add((JsonNode)new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = 0 } });
            tokens[token] = new JsonObject { ["id"] = token, ["ids"] = new JsonArray(known), ["tokens"] = new JsonArray(token) };
        }
        One(row.StartId);
        single.Add((JsonNode)new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } });
        One(row.EndId);
        var pair = single.DeepClone().AsArray();
        pair.Add((JsonNode)new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "B", ["type_id"] = 0 } });
        return new() { ["type"] = "TemplateProcessing", ["single"] = single, ["pair"] = pair, ["special_tokens"] = tokens };
    }

    /// <summary>The spelling of an id.</summary>
    private static string Token(JsonObject json, int id)
    {
        if (json["added_tokens"]?.AsArray().FirstOrDefault(t => t!["id"]!.GetValue<int>() == id) is { } added) return added["content"]!.GetValue<string>();
        return json["model"]!["vocab"] switch
        {
            JsonArray pieces when id < pieces.Count => pieces[id]![0]!.GetValue<string>(),
            JsonObject ids when ids.FirstOrDefault(p => p.Value!.GetValue<int>() == id) is { Key: { } token } => token,
            _ => throw new TokenizerException($"the tokenizer has no token of id {id}, which the rows of this model need. Check that its files belong to the model."),
        };
    }

    private static JsonObject Steps(IReadOnlyList<JsonNode?> steps) => new() { ["type"] = "Sequence", ["normalizers"] = new JsonArray([.. steps.Where(s => s is not null)]) };

    private static JsonObject Step(string type) => new() { ["type"] = type };

    private static JsonObject Replace(string expression, string content) => new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["Regex"] = expression }, ["content"] = content };

    private static JsonObject Split(string expression) => new() { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = expression }, ["behavior"] = "Removed", ["invert"] = true };

    private static JsonObject ByteLevel(bool prefix, bool cut) => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = prefix, ["trim_offsets"] = true, ["use_regex"] = cut };

    private static JsonObject Metaspace(bool prefix) => new() { ["type"] = "Metaspace", ["replacement"] = "\u2581", ["add_prefix_space"] = prefix, ["prepend_scheme"] = prefix ? "always" : "never" };
}
