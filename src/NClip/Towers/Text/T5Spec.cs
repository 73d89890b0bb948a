using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;
using NClip.Towers.Blocks.Kinds;

namespace NClip.Towers.Text;

/// <summary>The encoder of T5 (second version) or mT5: positions are distances, sorted into buckets. (transformers modeling_t5.py; open_clip hf_model.py)</summary>
internal sealed record T5Spec(int Vocabulary, int Context, int Layers, T5BlockSpec Block) : EncoderSpec(Vocabulary, Context)
{
    private const string Table = "embed_tokens.weight";

    /// <summary>Rows of the table of biases, half of them for keys behind the query.</summary>
    public int Buckets { get; init; } = 32;

    /// <summary>Distance from which all are alike.</summary>
    public int Far { get; init; } = 128;

    /// <inheritdoc/>
    public override string Title => $"T5 encoder {Block.Width} x {Layers}, {Block.Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override string? Misfit => Buckets < 4 || Buckets % 4 != 0 || Far <= Buckets / 4 ? $"{Buckets} buckets for distances up to {Far}" : null;

    /// <inheritdoc/>
    public override string TokenTable => Table;

    /// <inheritdoc/>
    public override ContextSpec UsualContext => new(Context, null, 1, PadId);

    /// <summary>The row of the bias for a key so many tokens behind the query: the next ones have a row each, those further away share one, by the logarithm of the distance.</summary>
    public int Bucket(int distance)
    {
        var (half, exact, n) = (Buckets / 2, Buckets / 4, Math.Abs(distance));
        var far = n < exact ? n : Math.Min(half - 1, exact + (int)(MathF.Log((float)n / exact) / (float)Math.Log((double)Far / exact) * (half - exact)));
        return far + (distance > 0 ? half : 0);
    }

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => T5.Build(ops, this, w, ids);

    /// <summary>Tensors to spec.</summary>
    public static T5Spec Infer(ModelTensors t)
    {
        var (table, biases) = (t.Shape(Table, 2), t.Shape("t5.relative_attention_bias.weight", 2));
        var (inner, mlp) = ((int)t.Shape("t5.block.0.layer.0.SelfAttention.q.weight", 2)[0], (int)t.Shape("t5.block.0.layer.1.DenseReluDense.wi_0.weight", 2)[0]);
        return new((int)table[0], UsualLength, t.CountBlocks("t5.block."), new((int)table[1], (int)biases[1], inner / (int)biases[1], mlp, 1e-6f))
        {
            Buckets = (int)biases[0],
            Pooling = EncoderPooling.Mean,
            Projection = ProjectionSpec.Infer(t, "text_projection", (int)table[1]),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        new(Table, [Vocabulary, Block.Width], TensorRole.Table),
        new("t5.relative_attention_bias.weight", [Buckets, Block.Heads]),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"t5.block.{i}")),
        new("t5.final_layer_norm.weight", [Block.Width]),
        .. Projection.Tensors("text_projection"),
    ];

    /// <inheritdoc/>
    protected override T5Spec WithOwn(ConfigSection c)
    {
        if (c.String("feed_forward_proj") is { } f && f != "gated-gelu") throw c.Unknown("feed_forward_proj", f, "gated-gelu");
        var width = c.Int("d_model", ConfigRange.Width) ?? Block.Width;
        var heads = c.Int("num_heads", ConfigRange.Width) ?? Block.Heads;
        return this with
        {
            Vocabulary = c.Int("vocab_size", ConfigRange.Rows) ?? Vocabulary,
            Layers = c.Int("num_layers", ConfigRange.Layers) ?? Layers,
            Block = new(width, heads, c.Int("d_kv", ConfigRange.Width) ?? Block.HeadWidth, c.Int("d_ff", ConfigRange.Rows) ?? Block.MlpWidth, (float)(c.Number("layer_norm_epsilon", 0, 1) ?? Block.Epsilon)),
            Buckets = c.Int("relative_attention_num_buckets", ConfigRange.Width) ?? Buckets,
            Far = c.Int("relative_attention_max_distance", ConfigRange.Positions) ?? Far,
            PadId = c.Int("pad_token_id", ConfigRange.Id) ?? PadId,
            Projection = Projection with { In = width },
        };
    }
}
