namespace NClip.Architectures;

/// <summary>How a BERT's tokens become one vector. Names are those of open_clip's hf_model.py.</summary>
internal enum BertPooling
{
    /// <summary>mean_pooler: the mean of the tokens that are not padding.</summary>
    Mean,

    /// <summary>cls_last_hidden_state_pooler: the first token.</summary>
    First,

    /// <summary>cls_pooler: tanh of a linear layer of the first token.</summary>
    FirstDense,
}

/// <summary>A BERT or RoBERTa text tower: post-norm blocks, padding masked. (Devlin et al. 2019; open_clip hf_model.py, HFTextEncoder; Chinese-CLIP)</summary>
internal sealed record BertSpec(int Vocabulary, int Context, int Layers, int Width, int Heads, int MlpWidth) : TextTowerSpec(Vocabulary, Context)
{
    /// <summary>The feed-forward layers' nonlinearity.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Of every layer norm.</summary>
    public float Epsilon { get; init; } = 1e-12f;

    /// <summary>Rows of the position table.</summary>
    public int Positions { get; init; } = 512;

    /// <summary>Rows of the token type table; only the first is used.</summary>
    public int TokenTypes { get; init; } = 2;

    /// <summary>The id that fills rows up.</summary>
    public int PadId { get; init; }

    /// <summary>Positions count the tokens that are not padding, from PadId + 1 (RoBERTa); else 0, 1, 2, ...</summary>
    public bool Roberta { get; init; }

    /// <summary>How tokens become one vector.</summary>
    public BertPooling Pooling { get; init; }

    /// <summary>The file has a pooler.dense layer, used or not.</summary>
    public bool HasPooler { get; init; }

    /// <inheritdoc/>
    public override string Title => $"{(Roberta ? "RoBERTa" : "BERT")} {Width} x {Layers}, {Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override string? Misfit => TransformerBlockSpec.HeadsMisfit(Width, Heads);

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        new("bert.embeddings.word_embeddings.weight", [Vocabulary, Width]),
        new("bert.embeddings.position_embeddings.weight", [Positions, Width]),
        new("bert.embeddings.token_type_embeddings.weight", [TokenTypes, Width]),
        .. ExpectedTensor.Norm("bert.embeddings.LayerNorm", Width),
        .. Enumerable.Range(0, Layers).SelectMany(i => LayerTensors($"bert.encoder.layer.{i}")),
        .. HasPooler ? PoolerTensors(Pooling == BertPooling.FirstDense ? TensorRole.Plain : TensorRole.Unused) : [],
        .. Projection.Tensors("text_projection"),
    ];

    /// <inheritdoc/>
    public override int UsedLength(ReadOnlySpan<long> row) => Math.Max(1, row.LastIndexOfAnyExcept(PadId) + 1);

    private IEnumerable<ExpectedTensor> LayerTensors(string at) =>
    [
        .. ExpectedTensor.Linear(at + ".attention.self.query", Width, Width),
        .. ExpectedTensor.Linear(at + ".attention.self.key", Width, Width),
        .. ExpectedTensor.Linear(at + ".attention.self.value", Width, Width),
        .. ExpectedTensor.Linear(at + ".attention.output.dense", Width, Width),
        .. ExpectedTensor.Norm(at + ".attention.output.LayerNorm", Width),
        .. ExpectedTensor.Linear(at + ".intermediate.dense", Width, MlpWidth),
        .. ExpectedTensor.Linear(at + ".output.dense", MlpWidth, Width),
        .. ExpectedTensor.Norm(at + ".output.LayerNorm", Width),
    ];

    private IEnumerable<ExpectedTensor> PoolerTensors(TensorRole role) => [new("bert.pooler.dense.weight", [Width, Width], role), new("bert.pooler.dense.bias", [Width], role)];
}
