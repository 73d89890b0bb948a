using System.Text;
using NClip.Text.Cleaning;

namespace NClip.Text.HuggingFace;

/// <summary>
/// A tokenizer.json: added tokens cut out, the rest normalized, cut into words, encoded by the model. (huggingface/tokenizers)
/// Kinds that NClip does not know are refused by name; nothing is guessed.
/// </summary>
internal sealed class HuggingFaceTokenizer : ITokenizer
{
    private readonly AddedTokens _raw;
    private readonly AddedTokens _normalized;
    private readonly Func<string, string> _normalize;
    private readonly PreTokenizer _words;
    private readonly TokenModel _model;
    private readonly Dictionary<int, string> _added = [];

    private HuggingFaceTokenizer(TokenizerJson json, TokenizerSettings? settings)
    {
        _normalize = HuggingFaceNormalizers.Read(json.Get("normalizer"));
        _words = HuggingFacePreTokenizers.Read(json.Get("pre_tokenizer"));
        _model = TokenModel.Read(json.Need("model"), HuggingFacePreTokenizers.IsByteLevel(json.Get("pre_tokenizer")));

        var added = (json.Get("added_tokens")?.Items() ?? []).Select(ReadAdded).ToList();
        // What the files beside it name as special is so too.
        added.AddRange((settings?.SpecialTokens(IdOf) ?? []).Where(t => !added.Exists(a => a.Content == t.Content)));
        (File, Added) = (json.File, added);
        foreach (var token in added)
            _added[token.Id] = token.Content;
        _raw = new AddedTokens(added.Where(t => !t.Normalized));
        _normalized = new AddedTokens(added.Where(t => t.Normalized).Select(t => t with { Content = _normalize(t.Content) }));
        VocabularySize = Math.Max(_model.Tokens.Length, added.Select(t => t.Id + 1).DefaultIfEmpty().Max());

        (StartId, EndId) = settings?.Language is { } language ? (NeedId(language), NeedId("</s>")) : ReadEnds(json.Get("post_processor"));
        PadId = json.Get("padding")?.Get("pad_id")?.Number();
        CheckEnd(json, StartId);
        CheckEnd(json, EndId);
        CheckEnd(json, PadId);

        // transformers puts these in whatever the file's post-processor says, which is of an older order. (tokenization_nllb_fast.py, set_src_lang_special_tokens)
        int NeedId(string token) => IdOf(token) ?? throw new TokenizerException($"the tokenizer has no '{Excerpt.Of(token)}', which NLLB's texts begin or end with. Check the language in the configuration's tokenizer_kwargs, or that this is NLLB's tokenizer.", json.File);
    }

    public int VocabularySize { get; }

    /// <summary>The tokenizer.json.</summary>
    public string File { get; }

    /// <summary>Tokens found as literals: the file's own, and those that the files beside it name.</summary>
    public IReadOnlyList<AddedToken> Added { get; }

    /// <summary>The model is a unigram one.</summary>
    public bool IsUnigram => _model.IsUnigram;

    /// <summary>What the post-processor puts in front, or null.</summary>
    public int? StartId { get; }

    /// <summary>What the post-processor puts behind, or null.</summary>
    public int? EndId { get; }

    /// <summary>The padding that the file itself names, or null.</summary>
    public int? PadId { get; }

    /// <exception cref="TokenizerException">The file is broken, or has parts of a kind that NClip does not know.</exception>
    /// <param name="path">The file.</param>
    /// <param name="settings">The files beside it, or null for none.</param>
    public static HuggingFaceTokenizer Read(string path, TokenizerSettings? settings = null)
    {
        using var json = TokenizerFiles.ReadJson(path);
        return new HuggingFaceTokenizer(new TokenizerJson(json.RootElement, "", path), settings);
    }

    /// <summary>Id of a token, or null.</summary>
    public int? IdOf(string token)
    {
        foreach (var (id, content) in _added)
        {
            if (content == token)
                return id;
        }
        return _model.Ids.TryGetValue(token, out var known) ? known : null;
    }

    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _raw.Encode(Surrogates.Mend(text), (part, start, ids) => EncodeNormalized(_normalize(part), start == 0, ids));
    }

    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        var start = 0;
        for (var i = 0; i <= ids.Length; i++)
        {
            if (i < ids.Length && !_added.ContainsKey(ids[i]))
                continue;
            text.Append(_model.Decode(ids[start..i]));
            if (i < ids.Length)
                text.Append(_added[ids[i]]);
            start = i + 1;
        }
        return text.ToString();
    }

    private void EncodeNormalized(string text, bool isFirst, List<int> ids) => _normalized.Encode(
        text,
        (part, start, list) =>
        {
            foreach (var word in _words(part, isFirst && start == 0))
                _model.Encode(word, list);
        },
        ids);

    private static AddedToken ReadAdded(TokenizerJson json)
    {
        var id = json.Need("id");
        if (id.Number() is < 0 or > 1 << 24)
            throw id.Unsupported($"{id.Number()}", "ids of 0 and more");
        return AddedToken.Read(json, id.Number());
    }

    private void CheckEnd(TokenizerJson json, int? id)
    {
        if (id is { } value && (uint)value >= (uint)VocabularySize)
            throw json.Unsupported($"a tokenizer of {VocabularySize} ids that adds the id {value}", "ids inside the vocabulary");
    }

    /// <summary>The tokens that a post-processor puts round a single text: at most one on each side.</summary>
    private static (int? Start, int? End) ReadEnds(TokenizerJson? json)
    {
        if (json is not { } processor)
            return (null, null);
        var type = processor.Need("type");
        switch (type.Text())
        {
            case "ByteLevel":
                return (null, null);
            case "BertProcessing" or "RobertaProcessing":
                return (Second(processor.Need("cls")), Second(processor.Need("sep")));
            case "TemplateProcessing":
                return ReadTemplate(processor);
            case "Sequence":
                var ends = processor.Need("processors").Items().Select(p => ReadEnds(p)).Where(e => e != (null, null)).ToArray();
                return ends.Length <= 1 ? ends.FirstOrDefault() : throw processor.Unsupported("several that add tokens", "one that does");
            default:
                throw type.Unsupported($"'{type.Text()}'", "BertProcessing, RobertaProcessing, TemplateProcessing, ByteLevel, Sequence");
        }

        static int Second(TokenizerJson pair) => pair.Items() is [_, var id] ? id.Number() : throw pair.Unsupported("not a pair", "a token and its id");
    }

    private static (int? Start, int? End) ReadTemplate(TokenizerJson json)
    {
        int? start = null, end = null;
        var seenText = false;
        foreach (var step in json.Need("single").Items())
        {
            if (step.Get("SpecialToken") is not { } special)
            {
                seenText = true;
                continue;
            }
            var ids = json.Need("special_tokens").Need(special.Need("id").Text()).Need("ids").Items();
            if (ids.Count != 1 || (seenText ? end : start) is not null)
                throw step.Unsupported("a second token on one side", "one token on each side of the text");
            if (seenText)
                end = ids[0].Number();
            else
                start = ids[0].Number();
        }
        return (start, end);
    }
}
