using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>A BERT or RoBERTa text tower: post-norm blocks, padding masked. (Devlin et al. 2019; open_clip hf_model.py, HFTextEncoder; Chinese-CLIP; AltCLIP)</summary>
internal sealed record BertSpec(int Vocabulary, int Context, int Layers, int Width, int Heads, int MlpWidth) : EncoderSpec(Vocabulary, Context)
{
    /// <summary>The feed-forward layers' nonlinearity.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>Of every layer norm.</summary>
    public float Epsilon { get; init; } = 1e-12f;

    /// <summary>Rows of the position table.</summary>
    public int Positions { get; init; } = 512;

    /// <summary>Rows of the token type table; only the first is used.</summary>
    public int TokenTypes { get; init; } = 2;

    /// <summary>Positions count the tokens that are not padding, from PadId + 1 (RoBERTa); else 0, 1, 2, ...</summary>
    public bool Roberta { get; init; }

    /// <summary>The file has a pooler.dense layer, used or not.</summary>
    public bool HasPooler { get; init; }

    /// <summary>Width behind AltCLIP's linear layer; 0 where there is none.</summary>
    public int PooledWidth { get; init; }

    private bool HasPooledNorm => PooledWidth > 0;

    /// <inheritdoc/>
    public override string Title => $"{(Roberta ? "RoBERTa" : "BERT")} {Width} x {Layers}, {Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override string? Misfit => TransformerBlockSpec.HeadsMisfit(Width, Heads);

    /// <inheritdoc/>
    public override string TokenTable => "bert.embeddings.word_embeddings.weight";

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => Bert.Build(ops, this, w, ids);

    /// <inheritdoc/>
    public override ContextSpec UsualContext => Roberta ? new(Context, 0, 2, PadId) : new(Context, 101, 102, PadId);

    /// <inheritdoc/>
    public override TextTowerSpec WithHuggingFace(HuggingFaceSection c)
    {
        var s = WithOwn(c.Layers[^1]);
        return s with { Context = Math.Min(c.Rules.TextLength, s.Places), Pooling = s.HasPooledNorm ? EncoderPooling.FirstNormDense : EncoderPooling.First };
    }

    /// <summary>Rows of the position table that tokens take.</summary>
    private int Places => Math.Max(1, Positions - (Roberta ? PadId + 1 : 0));

    /// <inheritdoc/>
    protected override EncoderPooling ClassPooling => HasPooler ? EncoderPooling.FirstDense : EncoderPooling.First;

    /// <summary>A BERT's or RoBERTa's own configuration.</summary>
    protected override BertSpec WithOwn(ConfigSection c)
    {
        // Types of whole models (altclip_text_model) name neither: then the token types decide, of which RoBERTa has one.
        var type = c.String("model_type") ?? "";
        var roberta = type.Contains("roberta", StringComparison.Ordinal) || (Roberta && type != "bert");
        if (c.String("position_embedding_type") is { } p && p != "absolute") throw c.Unknown("position_embedding_type", p, "absolute");
        return this with
        {
            Vocabulary = c.Int("vocab_size", ConfigRange.Rows) ?? Vocabulary,
            Positions = c.Int("max_position_embeddings", ConfigRange.Positions) ?? Positions,
            TokenTypes = c.Int("type_vocab_size", ConfigRange.Rows) ?? TokenTypes,
            Layers = c.Int("num_hidden_layers", ConfigRange.Layers) ?? Layers,
            Width = c.Int("hidden_size", ConfigRange.Width) ?? Width,
            Heads = c.Int("num_attention_heads", ConfigRange.Width) ?? Heads,
            MlpWidth = c.Int("intermediate_size", ConfigRange.Rows) ?? MlpWidth,
            Activation = ActivationNames.Read(new([c], new("gelu"))),
            Epsilon = (float)(c.Number("layer_norm_eps", 0, 1) ?? 1e-12),
            PadId = c.Int("pad_token_id", ConfigRange.Id) ?? (roberta ? 1 : 0),
            Roberta = roberta,
        };
    }

    /// <summary>Tensors to spec.</summary>
    public static BertSpec Infer(ModelTensors t)
    {
        var table = t.Shape("bert.embeddings.word_embeddings.weight", 2);
        var (width, positions) = ((int)table[1], (int)t.Shape("bert.embeddings.position_embeddings.weight", 2)[0]);
        var types = (int)t.Shape("bert.embeddings.token_type_embeddings.weight", 2)[0];
        var hidden = (int)t.Shape("bert.encoder.layer.0.intermediate.dense.weight", 2)[0];
        var (roberta, pooled) = (types == 1, t.Has("bert.transformation.weight") ? (int)t.Shape("bert.transformation.weight", 2)[0] : 0);
        return new((int)table[0], Math.Min(t.Naming is Naming.HuggingFace or Naming.ChineseClip ? 52 : UsualLength, positions), t.CountBlocks("bert.encoder.layer."), width, TransformerBlockSpec.UsualHeads(width), hidden)
        {
            Positions = positions,
            TokenTypes = types,
            Roberta = roberta,
            PadId = roberta ? 1 : 0,
            Epsilon = roberta ? 1e-5f : 1e-12f,
            HasPooler = t.Has("bert.pooler.dense.weight"),
            PooledWidth = pooled,
            Pooling = pooled > 0 ? EncoderPooling.FirstNormDense : EncoderPooling.First,
            Projection = ProjectionSpec.Infer(t, "text_projection", pooled > 0 ? pooled : width),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        new("bert.embeddings.word_embeddings.weight", [Vocabulary, Width], TensorRole.Table),
        new("bert.embeddings.position_embeddings.weight", [Positions, Width]),
        new("bert.embeddings.token_type_embeddings.weight", [TokenTypes, Width]),
        .. ExpectedTensor.Norm("bert.embeddings.LayerNorm", Width),
        .. Enumerable.Range(0, Layers).SelectMany(i => LayerTensors($"bert.encoder.layer.{i}")),
        .. HasPooler ? PoolerTensors(Pooling == EncoderPooling.FirstDense ? TensorRole.Plain : TensorRole.Unused) : [],
        .. HasPooledNorm ? [.. ExpectedTensor.Norm("bert.pre_ln", Width), .. ExpectedTensor.Linear("bert.transformation", Width, PooledWidth)] : Array.Empty<ExpectedTensor>(),
        .. Projection.Tensors("text_projection"),
    ];

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
