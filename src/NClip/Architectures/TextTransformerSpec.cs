namespace NClip.Architectures;

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

    /// <inheritdoc/>
    public override string Title => $"transformer {Block.Width} x {Layers}, {Block.Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override string? Misfit => Block.Misfit;

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        new("token_embedding.weight", [Vocabulary, Block.Width]),
        new("positional_embedding", [Context, Block.Width]),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"transformer.resblocks.{i}")),
        .. ExpectedTensor.Norm("ln_final", Block.Width),
        .. Projection.Tensors("text_projection"),
    ];

    /// <inheritdoc/>
    public override int UsedLength(ReadOnlySpan<long> row) => Causal ? Pooled(row) + 1 : row.Length;

    private int Pooled(ReadOnlySpan<long> row)
    {
        switch (Pooling)
        {
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
