using NClip.Text.Bpe;
using NClip.Text.Cleaning;
using NClip.Text.SentencePiece;
using NClip.Text.WordPiece;

namespace NClip.Text.HuggingFace;

/// <summary>
/// A model's folder to its tokenizer: which files are there decides the kind, the configuration files beside them the cleaning, the special tokens
/// and the length of a row. A folder without any has OpenAI's tokenizer, whose vocabulary the assembly carries, where the text tower can read it.
/// </summary>
internal static class TokenizerFolder
{
    /// <summary>Ids of OpenAI's vocabulary.</summary>
    private const int OpenAIVocabulary = 49408;

    /// <summary>Length of a row where nothing says it: as open_clip's default, SigLIP's and Chinese-CLIP's own.</summary>
    private const int ClipLength = 77, SiglipLength = 64, ChineseLength = 52;

    /// <summary>The real Chinese vocabulary, and every copy of it.</summary>
    private const int ChineseVocabulary = 21128;

    /// <param name="folder">The model's folder.</param>
    /// <param name="hints">What the model's weights and configuration say.</param>
    /// <exception cref="TokenizerException">A file is broken or of a kind that NClip does not read.</exception>
    public static TextPipeline Load(string folder, TokenizerHints? hints = null)
    {
        var settings = TokenizerSettings.Read(folder, hints ?? new TokenizerHints());
        string? Find(params string[] names) => names.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);

        var json = Find("tokenizer.json");
        var pieces = Find("spiece.model", "tokenizer.model", "sentencepiece.model");
        var vocabulary = Find("vocab.json");
        var merges = Find("merges.txt");
        var words = Find("vocab.txt");

        // open_clip without the name of a Hugging Face tokenizer means OpenAI's, whatever else lies in the folder.
        if (settings.IsOpenClip && settings.TokenizerName is null && settings.VocabularySize is null or OpenAIVocabulary)
            return OpenClip(settings);

        // transformers' SigLIP tokenizer has rules of its own that no tokenizer.json of its time holds.
        if (pieces is not null && (json is null || settings.IsSiglip && !settings.IsOpenClip))
            return SentencePiece(pieces, settings);
        if (json is not null)
            return HuggingFace(json, settings);
        if (vocabulary is not null && merges is not null)
            return Bpe(vocabulary, merges, settings);
        if (words is not null)
            return WordPiece(words, settings);
        if (Find("sentencepiece.bpe.model") is { } fairseq)
            throw new TokenizerException("this SentencePiece model counts its ids as fairseq does (XLM-RoBERTa); NClip reads such a tokenizer from its tokenizer.json. Put that file beside it.", fairseq);
        return WithoutFiles(folder, settings);
    }

    /// <summary>A second tokenizer of a folder: a WordPiece vocabulary of another name, read as the folder's own would be.</summary>
    /// <param name="file">The vocabulary, a piece a line.</param>
    /// <param name="hints">What the model's weights and configuration say.</param>
    /// <exception cref="TokenizerException">A file is broken or not there.</exception>
    public static TextPipeline LoadWordPiece(string file, TokenizerHints hints) => File.Exists(file)
        ? WordPiece(file, TokenizerSettings.Read(Path.GetDirectoryName(Path.GetFullPath(file))!, hints))
        : throw new TokenizerException("it is not there, and the text tower reads with two tokenizers. Put the model's file there.", file);

    private static TextPipeline OpenClip(TokenizerSettings settings) => new(
        new ClipTokenizer(ClipTokenizer.Vocabulary, ClipTextRules.OpenClip(settings.Clean ?? "lower")),
        ClipTokenizer.OpenAIContext with { Length = settings.ContextLength ?? ClipLength });

    private static TextPipeline SentencePiece(string file, TokenizerSettings settings)
    {
        var model = SentencePieceModel.Read(file);
        var end = model.EndId ?? throw new TokenizerException("the model has no end token, which the text tower needs. Check that the file belongs to a SigLIP model.", file);
        var isUnigram = model.Kind == SentencePieceKind.Unigram;
        // SigLIP pads with its end token; mT5 and SigLIP2 with <pad>, and SigLIP2's checkpoints were trained on lower-cased text.
        ITokenizer tokenizer = settings.IsOpenClip || settings.IsT5 ? Cleaned(new SentencePieceTokenizer(model), settings)
            : isUnigram ? new SiglipTokenizer(model)
            : new CleanedTokenizer(new SentencePieceTokenizer(model), CleanedTokenizer.LowerCharacters);
        return new TextPipeline(tokenizer, new ContextSpec(settings.ContextLength ?? SiglipLength, null, end, isUnigram && !settings.IsT5 ? end : model.PadId ?? 0));
    }

    private static TextPipeline HuggingFace(string file, TokenizerSettings settings)
    {
        var tokenizer = HuggingFaceTokenizer.Read(file, settings);
        int? Id(string special, params string[] spellings) =>
            (settings.Special(special) is { } named ? tokenizer.IdOf(named) : null) ?? spellings.Select(tokenizer.IdOf).FirstOrDefault(id => id is not null);

        if (settings.IsSiglip)
        {
            var eos = tokenizer.EndId ?? Id("eos_token", "</s>", "<eos>")
                ?? throw new TokenizerException("the tokenizer has no end token ('</s>' or '<eos>'), which a SigLIP model needs.", file);
            var isUnigram = tokenizer.IsUnigram;
            ITokenizer siglip = settings.IsOpenClip ? Cleaned(tokenizer, settings)
                : new CleanedTokenizer(tokenizer, isUnigram ? CleanedTokenizer.Siglip : CleanedTokenizer.LowerCharacters);
            return new TextPipeline(siglip, new ContextSpec(settings.ContextLength ?? SiglipLength, null, eos, isUnigram ? eos : Id("pad_token", "<pad>") ?? 0));
        }

        var start = tokenizer.StartId;
        var end = tokenizer.EndId;
        var pad = Id("pad_token") ?? tokenizer.PadId ?? Id("", "[PAD]", "<pad>") ?? end ?? 0;
        return new TextPipeline(Cleaned(tokenizer, settings), Context(settings, start, end, pad, tokenizer.VocabularySize));
    }

    private static TextPipeline Bpe(string vocabulary, string merges, TokenizerSettings settings)
    {
        var files = BpeFiles.Read(vocabulary, merges);
        var bpe = files.Bpe;
        int Need(string special, string otherwise) => bpe.Find(settings.Special(special) ?? otherwise)
            ?? throw new TokenizerException($"the vocabulary has no '{Excerpt.Of(settings.Special(special) ?? otherwise)}' ({special}), which the text tower needs. Check that the file belongs to this model.", vocabulary);

        if (files.EndOfWord.Length > 0)
        {
            var (start, end) = (Need("bos_token", "<|startoftext|>"), Need("eos_token", "<|endoftext|>"));
            // As in OpenAI's own folders on the hub, the two ends are found in the cleaned text; other special tokens in the raw one.
            AddedToken Normalized(int id) => new(id, bpe.Token(id)!, Normalized: true);
            var tokens = settings.SpecialTokens(bpe.Find, ("bos_token", Normalized(start)), ("eos_token", Normalized(end)), ("unk_token", Normalized(end)));
            var clip = new ClipTokenizer(bpe, ClipTextRules.HuggingFaceFast(new AddedTokens(tokens.Where(t => !t.Normalized)), new AddedTokens(tokens.Where(t => t.Normalized))));
            return new TextPipeline(Cleaned(clip, settings), Context(settings, start, end, Need("pad_token", bpe.Token(end)!), bpe.VocabularySize));
        }
        (string, AddedToken) Default(string name, string token) => (name, new AddedToken(0, token, StripLeft: name == "mask_token"));
        var special = settings.SpecialTokens(bpe.Find, Default("bos_token", "<s>"), Default("eos_token", "</s>"), Default("unk_token", "<unk>"), Default("sep_token", "</s>"),
            Default("pad_token", "<pad>"), Default("cls_token", "<s>"), Default("mask_token", "<mask>"));
        var prefix = settings.Flag("add_prefix_space", false) ? PrefixSpace.UnlessBlank : PrefixSpace.None;
        return new TextPipeline(
            Cleaned(new RobertaTokenizer(bpe, prefix, new AddedTokens(special)), settings),
            Context(settings, Need("bos_token", "<s>"), Need("eos_token", "</s>"), Need("pad_token", "<pad>"), bpe.VocabularySize));
    }

    private static TextPipeline WordPiece(string file, TokenizerSettings settings)
    {
        var pieces = TokenizerFiles.ReadVocabularyLines(file);
        var lower = settings.Flag("do_lower_case", true);
        // Without Hugging Face's files it is Google's format, and Google's code (which Chinese-CLIP copied) reads it.
        var rules = settings.TokenizerClass is null ? BertRules.Google : BertRules.HuggingFace;
        var cleaner = new BertCleaner(rules, lower, settings.Flag("strip_accents", lower), settings.Flag("tokenize_chinese_chars", true));
        var ids = pieces.Index().ToLookup(p => p.Item, p => p.Index);
        int Need(string special, string otherwise) => IdOf(settings.Special(special) ?? otherwise)
            ?? throw new TokenizerException($"the vocabulary has no '{Excerpt.Of(settings.Special(special) ?? otherwise)}' ({special}), which the text tower needs. Check that this is a BERT vocabulary.", file);

        (string, AddedToken) Default(string name, string token) => (name, new AddedToken(0, token));
        int? IdOf(string piece) => ids[piece] is var found && found.Any() ? found.Last() : null;
        var added = rules == BertRules.Google ? AddedTokens.None : new AddedTokens(settings.SpecialTokens(
            IdOf, Default("unk_token", "[UNK]"), Default("sep_token", "[SEP]"), Default("pad_token", "[PAD]"), Default("cls_token", "[CLS]"), Default("mask_token", "[MASK]")));
        var tokenizer = new WordPieceTokenizer(pieces, cleaner, added, rules == BertRules.Google ? 200 : 100, settings.Special("unk_token") ?? "[UNK]", file: file);
        return new TextPipeline(
            Cleaned(tokenizer, settings),
            Context(settings, Need("cls_token", "[CLS]"), Need("sep_token", "[SEP]"), Need("pad_token", "[PAD]"), pieces.Length));
    }

    /// <summary>OpenAI's own tokenizer, unless the configuration or the text tower wants another whose files are not there: then the tower's own rows.</summary>
    private static TextPipeline WithoutFiles(string folder, TokenizerSettings settings)
    {
        var openAI = ClipTokenizer.OpenAIContext;
        if (settings.IsSiglip || settings.IsChineseClip || settings.Family is "bert" or "roberta" or "xlm-roberta" || settings.TokenizerName is not null || settings.Usual is { } u && !(u.StartId >= openAI.StartId && u.PadId == openAI.PadId))
            return new TextPipeline(new AbsentTokenizer(folder, settings), settings.Usual ?? openAI with { Length = settings.ContextLength ?? ClipLength, StartId = null, EndId = null });
        return settings.IsOpenClip ? OpenClip(settings) : new TextPipeline(ClipTokenizer.Default, openAI with { Length = settings.ContextLength ?? ClipLength });
    }

    private static ContextSpec Context(TokenizerSettings settings, int? start, int? end, int pad, int vocabulary)
    {
        var length = settings.ContextLength ?? ClipLength;
        if (!settings.IsLengthGiven && (settings.IsChineseClip || settings.Family is null && vocabulary == ChineseVocabulary))
            length = Math.Min(ChineseLength, settings.ContextLength ?? ChineseLength);
        // strip_sep_token: the end token becomes 0 where it stands.
        return new ContextSpec(length, start, settings.StripSeparator && end is not null ? 0 : end, pad);
    }

    /// <summary>open_clip cleans before a Hugging Face tokenizer too; Hugging Face itself does not.</summary>
    private static ITokenizer Cleaned(ITokenizer tokenizer, TokenizerSettings settings) =>
        settings.Clean is null && !settings.IsOpenClip ? tokenizer : new CleanedTokenizer(tokenizer, settings.Clean ?? TextCleaner.KeepCase);

    /// <summary>Stands for a tokenizer whose files are not there: the model's images, and texts that are ids already, need none.</summary>
    private sealed class AbsentTokenizer(string folder, TokenizerSettings settings) : ITokenizer
    {
        public int VocabularySize => settings.VocabularySize ?? 0;

        public int[] Encode(string text)
        {
            ArgumentNullException.ThrowIfNull(text);
            throw Absent();
        }

        public string Decode(ReadOnlySpan<int> ids) => throw Absent();

        private TokenizerException Absent() => new(
            $"this model{Named(settings.TokenizerName ?? settings.Family)} has a tokenizer of its own, but the folder has none of tokenizer.json, spiece.model, tokenizer.model, vocab.txt, or vocab.json with merges.txt. Put the model's tokenizer files there.",
            folder);

        private static string Named(string? name) => name is null ? "" : $" ({Excerpt.Of(name)})";
    }
}
