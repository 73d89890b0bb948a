using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>jina-clip-v2's text tower: an XLM-RoBERTa with rotary positions, to whose matrices the adapter of one task is added for good. (Koukounas et al. 2024; jina-embeddings-v3's sizes where nothing says them)</summary>
internal sealed record RotaryBertSpec(int Vocabulary, int Context, int Layers, int Width, int Heads, int MlpWidth) : EncoderSpec(Vocabulary, Context)
{
    private const string Table = "roberta.embeddings.word_embeddings.weight", Types = "roberta.embeddings.token_type_embeddings.weight";

    /// <summary>Of every layer norm.</summary>
    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Rows of the token type table; only the first is used.</summary>
    public int TokenTypes { get; init; } = 1;

    /// <summary>Base of the angles' frequencies.</summary>
    public double RotaryBase { get; init; } = 10000;

    /// <summary>The adapters; null where the file has the matrices as they are used.</summary>
    public LoraSpec? Lora { get; init; }

    /// <inheritdoc/>
    public override string Title => $"XLM-RoBERTa with rotary positions {Width} x {Layers}, {Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override string? Misfit => TransformerBlockSpec.HeadsMisfit(Width, Heads) ?? (Width / Heads % 2 != 0 ? $"heads of {Width / Heads} channels, which have no halves" : null) ?? Lora?.Misfit;

    /// <inheritdoc/>
    public override string TokenTable => Table;

    /// <inheritdoc/>
    public override ContextSpec UsualContext => new(Context, 0, 2, PadId);

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => RotaryBert.Build(ops, this, w, ids);

    /// <inheritdoc/>
    public override ModelTensors Derive(ModelTensors tensors) => Lora is { } lora ? lora.Add(tensors, Adapted().Select(a => (a.Name, a.IsTable))) : tensors;

    /// <summary>Tensors to spec.</summary>
    public static RotaryBertSpec Infer(ModelTensors t)
    {
        var table = t.Shape(Table, 2);
        var width = (int)table[1];
        return new((int)table[0], UsualLength, t.CountBlocks("roberta.encoder.layers."), width, TransformerBlockSpec.UsualHeads(width), (int)t.Shape("roberta.encoder.layers.0.mlp.fc1.weight", 2)[0])
        {
            PadId = 1,
            TokenTypes = (int)t.Shape(Types, 2)[0],
            Lora = LoraSpec.Infer(t, Table),
            Pooling = EncoderPooling.Mean,
            Projection = ProjectionSpec.Infer(t, "text_projection", width),
        };
    }

    /// <inheritdoc/>
    public override TextTowerSpec WithHuggingFace(HuggingFaceSection c)
    {
        var s = c.Layers[^1];
        if (s.String("pooler_type") is { } p && p != "mean_pooler") throw s.Unknown("pooler_type", p, "mean_pooler");
        var own = s.Object("hf_model_config_kwargs");
        var tower = WithOwn(own);
        return tower with { Context = c.Rules.TextLength, Lora = Lora?.With(own, s.String("default_lora_task")) };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        .. Adapted().SelectMany(a => (Lora?.Tensors(a.Name, a.Shape, a.IsTable) ?? []).Prepend(new(a.Name, a.Shape, a.Name == Table ? TensorRole.Table : a.IsTable ? TensorRole.Plain : TensorRole.Linear))),
        .. ExpectedTensor.Norm("roberta.emb_ln", Width),
        .. Enumerable.Range(0, Layers).Select(i => $"roberta.encoder.layers.{i}").SelectMany(at => new ExpectedTensor[]
        {
            new(at + ".mixer.Wqkv.bias", [3 * Width]),
            new(at + ".mixer.out_proj.bias", [Width]),
            new(at + ".mlp.fc1.bias", [MlpWidth]),
            new(at + ".mlp.fc2.bias", [Width]),
        }.Concat(ExpectedTensor.Norm(at + ".norm1", Width)).Concat(ExpectedTensor.Norm(at + ".norm2", Width))),
        .. Projection.Tensors("text_projection"),
    ];

    /// <inheritdoc/>
    protected override RotaryBertSpec WithOwn(ConfigSection c) => this with
    {
        Vocabulary = c.Int("vocab_size", ConfigRange.Rows) ?? Vocabulary,
        Layers = c.Int("num_hidden_layers", ConfigRange.Layers) ?? Layers,
        Width = c.Int("hidden_size", ConfigRange.Width) ?? Width,
        Heads = c.Int("num_attention_heads", ConfigRange.Width) ?? Heads,
        MlpWidth = c.Int("intermediate_size", ConfigRange.Rows) ?? MlpWidth,
        Epsilon = (float)(c.Number("layer_norm_eps", 0, 1) ?? Epsilon),
        RotaryBase = c.Number("rotary_emb_base", 0, 1e9) ?? RotaryBase,
        PadId = c.Int("pad_token_id", ConfigRange.Id) ?? PadId,
    };

    /// <summary>What adapters are added to.</summary>
    private IEnumerable<(string Name, long[] Shape, bool IsTable)> Adapted() =>
    [
        (Table, [Vocabulary, Width], true),
        (Types, [TokenTypes, Width], true),
        .. Enumerable.Range(0, Layers).Select(i => $"roberta.encoder.layers.{i}").SelectMany(at => new (string, long[], bool)[]
        {
            (at + ".mixer.Wqkv.weight", [3 * Width, Width], false),
            (at + ".mixer.out_proj.weight", [Width, Width], false),
            (at + ".mlp.fc1.weight", [MlpWidth, Width], false),
            (at + ".mlp.fc2.weight", [Width, MlpWidth], false),
        }),
    ];
}
