using System.Globalization;
using NClip.Text.Bpe;

namespace NClip.Text.HuggingFace;

/// <summary>What the configuration files of a model's folder say about its tokenizer; hints win where they are given.</summary>
internal sealed class TokenizerSettings
{
    private const string Decoder = "added_tokens_decoder";

    /// <summary>transformers' and open_clip's default.</summary>
    private const string English = "eng_Latn";

    private static readonly string[] _specialNames = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly TokenizerJson?[] _tokenizerFiles;
    private readonly string? _language;

    private TokenizerSettings(TokenizerHints hints, TokenizerJson? openClip, TokenizerJson? model, TokenizerJson?[] tokenizerFiles)
    {
        _tokenizerFiles = tokenizerFiles;
        var openClipText = (openClip?.Get("model_cfg") ?? openClip)?.Get("text_cfg");
        var modelText = model?.Get("text_config");
        IsOpenClip = openClipText is not null;
        TokenizerName = hints.TokenizerName ?? openClipText?.Text("hf_tokenizer_name");
        Clean = hints.Clean ?? openClipText?.Get("tokenizer_kwargs")?.Text("clean");
        StripSeparator = hints.StripSeparator || openClipText?.Get("tokenizer_kwargs")?.Get("strip_sep_token")?.Flag() == true;
        _language = openClipText?.Get("tokenizer_kwargs")?.Text("language");
        Family = hints.Family ?? FamilyOf(TokenizerName, model?.Text("model_type"));
        Usual = hints.Usual;
        IsLengthGiven = hints.ContextLength is not null;
        VocabularySize = hints.VocabularySize ?? openClipText?.Get("vocab_size")?.Number() ?? modelText?.Get("vocab_size")?.Number();
        ContextLength = hints.ContextLength ?? openClipText?.Get("context_length")?.Number() ?? Positions(modelText);
    }

    /// <summary>The folder has open_clip's configuration.</summary>
    public bool IsOpenClip { get; }

    /// <summary><c>hf_tokenizer_name</c>, or null.</summary>
    public string? TokenizerName { get; }

    /// <summary>Name of open_clip's cleaning, or null.</summary>
    public string? Clean { get; }

    /// <summary>End tokens become 0.</summary>
    public bool StripSeparator { get; }

    /// <summary>Kind of model, or null.</summary>
    public string? Family { get; }

    /// <summary>Rows of the text tower's embedding, or null.</summary>
    public int? VocabularySize { get; }

    /// <summary>Tokens in a row, or null.</summary>
    public int? ContextLength { get; }

    /// <summary>The length is the text tower's, not what a file says of it.</summary>
    public bool IsLengthGiven { get; }

    /// <summary>The tower's own rows, for where no tokenizer is there to say its special ids; null = not known.</summary>
    public ContextSpec? Usual { get; }

    public bool IsSiglip => Family?.StartsWith("siglip", StringComparison.OrdinalIgnoreCase) == true
        || TokenizerClass?.StartsWith("Siglip", StringComparison.Ordinal) == true;

    /// <summary>T5's or mT5's, whose SentencePiece model has a padding of its own.</summary>
    public bool IsT5 => TokenizerName?.Contains("t5-", StringComparison.OrdinalIgnoreCase) == true || Family is "t5" or "mt5" || TokenizerClass is { } c && c.Contains("T5Tokenizer", StringComparison.Ordinal);

    /// <summary>NLLB's, which puts the code of this language in front of a text; null for all others.</summary>
    public string? Language => TokenizerName?.Contains("nllb", StringComparison.OrdinalIgnoreCase) == true || TokenizerClass?.StartsWith("Nllb", StringComparison.Ordinal) == true
        ? _language ?? First("src_lang", static json => json.Text()) ?? English : null;

    public bool IsChineseClip => Family == "chinese_clip";

    /// <summary>transformers' class of the tokenizer, or null.</summary>
    public string? TokenizerClass => First("tokenizer_class", static json => json.Text());

    /// <exception cref="TokenizerException">One of the files is broken.</exception>
    public static TokenizerSettings Read(string folder, TokenizerHints hints)
    {
        TokenizerJson? Open(string name)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
                return null;
            using var json = TokenizerFiles.ReadJson(path);
            return new TokenizerJson(json.RootElement.Clone(), "", path);
        }

        return new TokenizerSettings(hints, Open("open_clip_config.json"), Open("config.json"), [Open("tokenizer_config.json"), Open("special_tokens_map.json")]);
    }

    /// <summary>A special token as tokenizer_config.json or special_tokens_map.json spells it (<c>pad_token</c> and so on), or null.</summary>
    public string? Special(string name) => Spelling(name) is { } json ? json.IsObject ? json.Text("content") : json.IsText ? json.Text() : null : null;

    public bool Flag(string name, bool otherwise) => First(name, static json => (bool?)json.Flag()) ?? otherwise;

    /// <summary>
    /// All tokens that transformers cuts out of a text because those files name them: added_tokens_decoder, the seven special ones,
    /// additional_special_tokens. Of equal spellings the first counts; what has no id is left out.
    /// </summary>
    /// <param name="idOf">Id of a token in the vocabulary, or null.</param>
    /// <param name="defaults">What the tokenizer's class takes for those that the files spell by a plain string or not at all: <c>Id</c> is not looked at.</param>
    public List<AddedToken> SpecialTokens(Func<string, int?> idOf, params (string Name, AddedToken Token)[] defaults)
    {
        var tokens = new List<AddedToken>();
        foreach (var (key, json) in _tokenizerFiles[0]?.Get(Decoder)?.Members() ?? [])
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= MergeTable.MaxIds)
                throw json.Unsupported("not named by an id", "added tokens by their ids");
            tokens.Add(AddedToken.Read(json, id));
        }
        foreach (var name in _specialNames)
        {
            var byClass = defaults.FirstOrDefault(d => d.Name == name).Token;
            if (Spelling(name) is { } json) Add(json, byClass);
            else if (byClass is not null) AddKnown(byClass);
        }
        foreach (var json in Spelling("additional_special_tokens")?.Items() ?? []) Add(json, null);
        return [.. tokens.DistinctBy(t => t.Content)];

        void Add(TokenizerJson json, AddedToken? byClass)
        {
            if (json.IsObject) AddKnown(AddedToken.Read(json, 0));
            else if (json.IsText) AddKnown(byClass is null ? new AddedToken(0, json.Text()) : byClass with { Content = json.Text() });
        }

        void AddKnown(AddedToken token)
        {
            if (idOf(token.Content) is { } id) tokens.Add(token with { Id = id });
        }
    }

    // The map is the older file and wins, unless the configuration is of the newer kind that needs none.
    private TokenizerJson? Spelling(string name)
    {
        var (configuration, map) = (_tokenizerFiles[0], _tokenizerFiles[1]);
        return configuration?.Get(Decoder) is null ? map?.Get(name) ?? configuration?.Get(name) : configuration?.Get(name) ?? map?.Get(name);
    }

    private T? First<T>(string name, Func<TokenizerJson, T?> read)
    {
        foreach (var file in _tokenizerFiles)
        {
            if (file?.Get(name) is { } json)
                return read(json);
        }
        return default;
    }

    private static string? FamilyOf(string? tokenizerName, string? modelType) =>
        tokenizerName is null ? modelType
        : tokenizerName.Contains("siglip2", StringComparison.OrdinalIgnoreCase) ? "siglip2"
        : tokenizerName.Contains("siglip", StringComparison.OrdinalIgnoreCase) ? "siglip"
        : modelType;

    /// <summary>BERT's tables are longer than the rows that its CLIPs take, and RoBERTa's first two rows are no positions.</summary>
    private static int? Positions(TokenizerJson? text)
    {
        if (text?.Get("max_position_embeddings")?.Number() is not { } positions)
            return null;
        var type = text.Value.Text("model_type");
        return type is "roberta" or "xlm-roberta" ? positions - 2 : positions;
    }
}
