using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>
/// Text tower of nclip-mini: its own words (<see cref="BagTransformerSpec"/>) and beside them a sentence encoder that others trained (<see cref="BertSpec"/>), mixed.
/// Each has a tokenizer of its own: at the even places of a row are ids of the first, at the odd ones ids of the second. The second speaks English; of a text with
/// Chinese characters it gets start and end alone (<see cref="TextPipeline"/>), and is then not listened to.
/// </summary>
internal sealed record SentenceMixSpec(BagTransformerSpec Words, BertSpec Sentence, int Hidden) : TextTowerSpec(Math.Max(Words.Vocabulary, Sentence.Vocabulary), 2 * Words.Context)
{
    private const string Prefix = "sentence.";

    /// <inheritdoc/>
    public override int CommonVocabulary => Math.Min(Words.Vocabulary, Sentence.Vocabulary);

    /// <inheritdoc/>
    public override int? MaskedId => Words.PadId;

    /// <inheritdoc/>
    public override string Title => $"{Words.Title}, beside {Sentence.Title}";

    /// <inheritdoc/>
    public override string? Misfit => Words.Misfit ?? Sentence.Misfit ?? (Words.PadId == Sentence.PadId ? null : $"rows filled up with id {Words.PadId} and with id {Sentence.PadId}");

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => SentenceMix.Build(ops, this, w, ids);

    /// <inheritdoc/>
    public override ContextSpec UsualContext => new(Context, null, null, Words.PadId);

    /// <inheritdoc/>
    public override TextTowerSpec WithOpenClip(OpenClipSection c) => this with
    {
        Words = (BagTransformerSpec)Words.WithOpenClip(c),
        Sentence = Sentence with { Heads = c.Section.Int("sentence_heads", ConfigRange.Width) ?? Sentence.Heads },
    };

    /// <summary>Whether a checkpoint has both.</summary>
    public static bool Recognise(ModelTensors t) => t.Has("mix.words.weight");

    /// <summary>Tensors to spec.</summary>
    public static SentenceMixSpec Infer(ModelTensors t)
    {
        var own = t.Tensors.Where(p => p.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(p => p.Key[Prefix.Length..], p => p.Value);
        var (words, sentence) = (BagTransformerSpec.Infer(t), BertSpec.Infer(t with { Tensors = own }) with { Pooling = EncoderPooling.Mean });
        var width = (int)t.Shape("mix.words.weight", 2)[0];
        return new(words, sentence with { Context = words.Context }, (int)t.Shape("mix.mlp.c_fc.weight", 2)[0]) { Projection = new(ProjectionKind.None, width, width) };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        .. Words.Tensors(),
        .. Sentence.Tensors().Select(t => t with { Name = Prefix + t.Name }),
        new("mix.words.weight", [FeatureWidth, Words.FeatureWidth], TensorRole.Linear),
        new("mix.sentence.weight", [FeatureWidth, Sentence.FeatureWidth], TensorRole.Linear),
        .. ExpectedTensor.Linear("mix.mlp.c_fc", Sentence.FeatureWidth, Hidden),
        new("mix.mlp.c_proj.weight", [FeatureWidth, Hidden], TensorRole.Linear),
        new("mix.alone.weight", [FeatureWidth, Words.FeatureWidth], TensorRole.Linear),
    ];

    /// <inheritdoc/>
    public override int UsedLength(ReadOnlySpan<long> row) => 2 * Math.Max(1, (row.LastIndexOfAnyExcept(Words.PadId) / 2) + 1);

    /// <summary>Tokens of the sentence encoder, which cost most, then those of the words.</summary>
    public override int? Order(ReadOnlySpan<long> row)
    {
        var (words, sentence) = (0, 0);
        for (var i = 0; i + 1 < row.Length; i += 2)
        {
            if (row[i] != Words.PadId) words++;
            if (row[i + 1] != Sentence.PadId) sentence++;
        }
        return (sentence * Context) + words;
    }
}
