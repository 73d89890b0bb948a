using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;
using NClip.Towers.Image.Convolutional;

namespace NClip.Towers.Text;

/// <summary>Which token of a text is its feature.</summary>
internal enum TextPooling
{
    /// <summary>The largest id, the first if several: OpenAI's end token.</summary>
    LargestId,

    /// <summary>The first token that is the end id; the first of all where there is none.</summary>
    EndToken,

    /// <summary>The first token.</summary>
    First,

    /// <summary>The last position of the row, padding or not (SigLIP).</summary>
    Last,

    /// <summary>A learned token behind the row, which does not see its padding (CoCa).</summary>
    ClassToken,
}

/// <summary>CLIP's text transformer. (Radford et al. 2021, §2.4; openai/CLIP model.py, encode_text; open_clip transformer.py, TextTransformer)</summary>
internal sealed record TextTransformerSpec(int Vocabulary, int Context, int Layers, TransformerBlockSpec Block) : TextTowerSpec(Vocabulary, Context)
{
    /// <summary>A token sees itself and those before it only.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Which token is the feature.</summary>
    public TextPooling Pooling { get; init; }

    /// <summary>The id of <see cref="TextPooling.EndToken"/>.</summary>
    public int EndId { get; init; }

    /// <summary>The id of padding, which matters where there is a class token.</summary>
    public int PadId { get; init; }

    /// <summary>With a class token, token j is hidden where token j - 1 is padding, an old slip that CoCa's weights were trained with; else where it is padding itself.</summary>
    public bool ShiftedMask { get; init; } = true;

    private bool HasClassToken => Pooling == TextPooling.ClassToken;

    /// <inheritdoc/>
    public override string Title => $"transformer {Block.Width} x {Layers}, {Block.Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override int? MaskedId => HasClassToken ? PadId : null;

    /// <inheritdoc/>
    public override string? Misfit => Block.Misfit;

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => TextTransformer.Build(ops, this, w, ids);

    /// <inheritdoc/>
    public override ContextSpec UsualContext => new(Context, Vocabulary - 2, Pooling == TextPooling.EndToken ? EndId : Vocabulary - 1, 0);

    /// <inheritdoc/>
    public override TextTowerSpec WithOpenClip(OpenClipSection section)
    {
        var c = section.Section;
        var width = c.Int("width", ConfigRange.Width) ?? Block.Width;
        return this with
        {
            Vocabulary = c.Int("vocab_size", ConfigRange.Rows) ?? Vocabulary,
            Context = c.Int("context_length", ConfigRange.Positions) ?? Context,
            Layers = c.Int("layers", ConfigRange.Layers) ?? Layers,
            Block = Block.WithOpenClip(section, width, c.Int("heads", ConfigRange.Width) ?? TransformerBlockSpec.UsualHeads(width)),
            Causal = !(c.Flag("no_causal_mask") ?? false),
            Pooling = c.Flag("embed_cls") == true ? TextPooling.ClassToken : c.String("pool_type") switch
            {
                null or "argmax" => TextPooling.LargestId,
                "first" => TextPooling.First,
                "last" => TextPooling.Last,
                "eos" => TextPooling.EndToken,
                var other => throw c.Unknown("pool_type", other, "argmax, first, last and eos"),
            },
            EndId = c.Int("eos_id", ConfigRange.Id) ?? 2,
            PadId = c.Int("pad_id", ConfigRange.Id) ?? 0,
            ShiftedMask = !(c.Flag("correct_cls_mask") ?? false),
            Projection = Projection with { In = width },
        };
    }

    /// <inheritdoc/>
    public override TextTowerSpec WithMobileClip(ConfigSection c) => this with
    {
        Block = Block with { Heads = c.Int("n_heads_per_layer", ConfigRange.Width) ?? Block.Heads },
        Causal = c.Flag("causal_masking") ?? Causal,
    };

    /// <inheritdoc/>
    public override TextTowerSpec WithHuggingFace(HuggingFaceSection c)
    {
        var t = this with
        {
            Vocabulary = c.Int("vocab_size", ConfigRange.Rows) ?? Vocabulary,
            Context = c.Int("max_position_embeddings", ConfigRange.Positions) ?? Context,
            Layers = c.Int("num_hidden_layers", ConfigRange.Layers) ?? Layers,
            Block = Block.WithHuggingFace(c),
        };
        t = t with { Projection = t.Projection with { In = t.Block.Width } };
        if (c.Rules.PoolsLast) return t with { Causal = false, Pooling = TextPooling.Last };
        var end = c.Int("eos_token_id", ConfigRange.Id) ?? c.Rules.EndId;
        return end == 2 && c.Rules.TwoIsLargest ? t with { Pooling = TextPooling.LargestId } : t with { Pooling = TextPooling.EndToken, EndId = end };
    }

    /// <summary>Tensors to spec: a logit_bias is SigLIP's, whose texts have no mask and end at the last position; beside a FastViT stands MobileCLIP's tower, which has no mask.</summary>
    public static TextTransformerSpec Infer(ModelTensors t)
    {
        var (table, siglip, classToken) = (t.Shape("token_embedding.weight", 2), t.Has("logit_bias"), t.Has("cls_emb"));
        var block = TransformerBlockSpec.Infer(t, "transformer.resblocks.", (int)table[1], TransformerBlockSpec.UsualActivation(t.Naming, siglip), siglip ? 1e-6f : 1e-5f);
        return new((int)table[0], (int)t.Shape("positional_embedding", 2)[0] - (classToken ? 1 : 0), t.CountBlocks("transformer.resblocks."), block)
        {
            Causal = !siglip && !FastViTSpec.Recognise(t),
            Pooling = classToken ? TextPooling.ClassToken : siglip ? TextPooling.Last : TextPooling.LargestId,
            Projection = ProjectionSpec.Infer(t, "text_projection", block.Width),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        new("token_embedding.weight", [Vocabulary, Block.Width], TensorRole.Table),
        .. HasClassToken ? [new ExpectedTensor("cls_emb", [Block.Width])] : Array.Empty<ExpectedTensor>(),
        new("positional_embedding", [Context + (HasClassToken ? 1 : 0), Block.Width]),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"transformer.resblocks.{i}")),
        .. ExpectedTensor.Norm("ln_final", Block.Width),
        .. Projection.Tensors("text_projection"),
    ];

    /// <inheritdoc/>
    public override int UsedLength(ReadOnlySpan<long> row) => Causal ? Math.Min(Pooled(row) + 1, row.Length) : row.Length;

    private int Pooled(ReadOnlySpan<long> row)
    {
        switch (Pooling)
        {
            case TextPooling.ClassToken: return Math.Max(0, row.LastIndexOfAnyExcept(PadId) + (ShiftedMask ? 1 : 0));
            case TextPooling.First: return 0;
            case TextPooling.Last: return row.Length - 1;
            case TextPooling.EndToken: return Math.Max(0, row.IndexOf(EndId));
            default:
                var best = 0;
                for (var i = 1; i < row.Length; i++) if (row[i] > row[best]) best = i;
                return best;
        }
    }
}
