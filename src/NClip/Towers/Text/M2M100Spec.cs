using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>The encoder of M2M-100 and NLLB: pre-norm blocks, sinusoids for positions; its first token says the language. (transformers modeling_m2m_100.py; open_clip hf_model.py)</summary>
internal sealed record M2M100Spec(int Vocabulary, int Context, int Layers, TransformerBlockSpec Block) : EncoderSpec(Vocabulary, Context)
{
    private const string Table = "embed_tokens.weight";

    /// <summary>Numbers of the table of sinusoids: 64,000 tokens of 1,024 channels.</summary>
    private const long MostWaves = 1 << 26;

    // English in NLLB-200's vocabulary.
    private const int English = 256047;

    /// <summary>Embeddings are multiplied by √W.</summary>
    public bool ScaleEmbedding { get; init; } = true;

    /// <inheritdoc/>
    public override string Title => $"M2M-100 encoder {Block.Width} x {Layers}, {Block.Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override string? Misfit => Block.Misfit ?? (Block.Width % 2 != 0 || Block.Width < 4 || (long)Context * Block.Width > MostWaves ? $"sinusoids of {Block.Width} channels for {Context} tokens" : null);

    /// <inheritdoc/>
    public override string TokenTable => Table;

    /// <inheritdoc/>
    public override ContextSpec UsualContext => new(Context, Math.Min(English, Vocabulary - 1), 2, PadId);

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => M2M100.Build(ops, this, w, ids);

    /// <summary>Tensors to spec.</summary>
    public static M2M100Spec Infer(ModelTensors t)
    {
        var table = t.Shape(Table, 2);
        return new((int)table[0], UsualLength, t.CountBlocks("m2m.layers."), TransformerBlockSpec.Infer(t, "m2m.layers.", (int)table[1], Activation.Relu, 1e-5f))
        {
            PadId = 1,
            Pooling = EncoderPooling.First,
            Projection = ProjectionSpec.Infer(t, "text_projection", (int)table[1]),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        new(Table, [Vocabulary, Block.Width], TensorRole.Table),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"m2m.layers.{i}")),
        .. ExpectedTensor.Norm("m2m.layer_norm", Block.Width),
        .. Projection.Tensors("text_projection"),
    ];

    /// <inheritdoc/>
    protected override M2M100Spec WithOwn(ConfigSection c)
    {
        var width = c.Int("d_model", ConfigRange.Width) ?? Block.Width;
        return this with
        {
            Vocabulary = c.Int("vocab_size", ConfigRange.Rows) ?? Vocabulary,
            Layers = c.Int("encoder_layers", ConfigRange.Layers) ?? Layers,
            Block = Block with
            {
                Width = width,
                Heads = c.Int("encoder_attention_heads", ConfigRange.Width) ?? Block.Heads,
                MlpWidth = c.Int("encoder_ffn_dim", ConfigRange.Rows) ?? Block.MlpWidth,
                Activation = ActivationNames.Read(new([c], new("relu")), "activation_function"),
            },
            ScaleEmbedding = c.Flag("scale_embedding") ?? true,
            PadId = c.Int("pad_token_id", ConfigRange.Id) ?? 1,
            Projection = Projection with { In = width },
        };
    }
}
