using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>
/// nclip-mini's text tower: embeddings of tokens and of hashed pairs of neighbours go two ways, through a gated bag (which
/// words there are) and a small transformer (how they stand); the results are added.
/// </summary>
internal sealed record BagTransformerSpec(int Vocabulary, int Context, int Layers, TransformerBlockSpec Block, int Pairs, int BagWidth) : TextTowerSpec(Vocabulary, Context)
{
    /// <summary>The pair (a, b) has row (a · this + b) mod <see cref="Pairs"/>.</summary>
    public long PairMultiplier { get; init; } = 7919;

    /// <summary>Ids below are special tokens: they are not in the bag.</summary>
    public int FirstWord { get; init; } = 4;

    /// <summary>Rows of the pair table that rows of ids need: each id with the one before it, padding before the first.</summary>
    /// <param name="ids">[N, L].</param>
    /// <param name="length">L.</param>
    public IEnumerable<long> PairIds(IReadOnlyList<long> ids, int length) => ids.Select((id, i) => (((i % length == 0 ? 0 : ids[i - 1]) * PairMultiplier) + id) % Pairs);

    /// <summary>The id that fills rows up.</summary>
    public int PadId { get; init; }

    /// <inheritdoc/>
    public override int? MaskedId => PadId;

    /// <inheritdoc/>
    public override string Title => $"bag and transformer {Block.Width} x {Layers}, {Block.Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override string? Misfit => Block.Misfit;

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => BagTransformer.Build(ops, this, w, ids);

    /// <inheritdoc/>
    public override ContextSpec UsualContext => new(Context, 2, 3, PadId);

    /// <inheritdoc/>
    public override TextTowerSpec WithOpenClip(OpenClipSection c) => this with
    {
        Block = Block with { Heads = c.Section.Int("heads", ConfigRange.Width) ?? Block.Heads },
        PairMultiplier = c.Section.Int("bigram_multiplier", ConfigRange.Rows) ?? PairMultiplier,
        FirstWord = c.Section.Int("first_word_id", ConfigRange.Id) ?? FirstWord,
        PadId = c.Section.Int("pad_id", ConfigRange.Id) ?? PadId,
    };

    /// <summary>Tensors to spec.</summary>
    public static BagTransformerSpec Infer(ModelTensors t)
    {
        var table = t.Shape("token_embedding.weight", 2);
        var block = TransformerBlockSpec.Infer(t, "transformer.resblocks.", (int)table[1], Activation.Gelu, 1e-5f);
        return new((int)table[0], (int)t.Shape("positional_embedding", 2)[0], t.CountBlocks("transformer.resblocks."), block, (int)t.Shape("bigram_embedding.weight", 2)[0], (int)t.Shape("bag.c_fc.weight", 2)[0])
        {
            Projection = ProjectionSpec.Infer(t, "text_projection", block.Width),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        new("token_embedding.weight", [Vocabulary, Block.Width], TensorRole.Table),
        new("bigram_embedding.weight", [Pairs, Block.Width], TensorRole.Table),
        new("token_gate.weight", [Vocabulary, 1]),
        new("bag.proj.weight", [FeatureWidth, Block.Width], TensorRole.Linear),
        .. ExpectedTensor.Linear("bag.c_fc", Block.Width, BagWidth),
        .. ExpectedTensor.Linear("bag.c_proj", BagWidth, FeatureWidth),
        new("positional_embedding", [Context, Block.Width]),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"transformer.resblocks.{i}")),
        .. ExpectedTensor.Norm("ln_final", Block.Width),
        .. Projection.Tensors("text_projection"),
    ];

    /// <inheritdoc/>
    public override int UsedLength(ReadOnlySpan<long> row) => Math.Max(1, row.LastIndexOfAnyExcept(PadId) + 1);
}
