using NClip.Configuration;
using NClip.Text;
using NClip.Towers.Blocks;
using NClip.Towers.Blocks.Kinds;

namespace NClip.Towers.Text;

/// <summary>MobileCLIP-S0's text tower ("MCT"): CLIP's blocks without a mask, between two of FastViT's convolutional ones. (Vasu et al. 2024, §4.1)</summary>
internal sealed record MobileTransformerSpec(int Vocabulary, int Context, int Layers, TransformerBlockSpec Block, RepMixerSpec Mixer) : TextTowerSpec(Vocabulary, Context)
{
    private const string Blocks = "transformer.resblocks.";

    /// <inheritdoc/>
    public override string Title => $"convolutions and transformer {Block.Width} x {Layers}, {Block.Heads} heads, context {Context}, {Vocabulary} tokens";

    /// <inheritdoc/>
    public override string? Misfit => Block.Misfit;

    /// <summary>True where a checkpoint has such a tower.</summary>
    public static bool Recognise(ModelTensors t) => t.Has(Blocks + "0.token_mixer.reparam_conv.weight");

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T ids) => MobileTransformer.Build(ops, this, w, ids);

    /// <inheritdoc/>
    public override ContextSpec UsualContext => new(Context, Vocabulary - 2, Vocabulary - 1, 0);

    /// <inheritdoc/>
    public override TextTowerSpec WithMobileClip(ConfigSection c) => c.Flag("causal_masking") == true
        ? throw c.Unknown("causal_masking", "true", "false for a text tower with convolutions")
        : this with { Block = Block with { Heads = c.Int("n_heads_per_layer", ConfigRange.Width) ?? Block.Heads } };

    /// <summary>Tensors to spec.</summary>
    public static MobileTransformerSpec Infer(ModelTensors t)
    {
        var (table, hidden, layers) = (t.Shape("token_embedding.weight", 2), t.Shape(Blocks + "0.mlp.fc1.weight", 4)[0], Math.Max(0, t.CountBlocks(Blocks) - 2));
        var width = (int)table[1];
        var block = new TransformerBlockSpec(width, TransformerBlockSpec.UsualHeads(width), layers == 0 ? 1 : (int)t.Shape(Blocks + "1.mlp.c_fc.weight", 2)[0], Activation.Gelu, 1e-5f);
        return new((int)table[0], (int)t.Shape("positional_embedding", 2)[0], layers, block, RepMixerSpec.OfTexts(width, (int)hidden))
        {
            Projection = ProjectionSpec.Infer(t, "text_projection", width),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        new("token_embedding.weight", [Vocabulary, Block.Width], TensorRole.Table),
        new("positional_embedding", [Context, Block.Width]),
        .. Mixer.Tensors(Blocks + "0"),
        .. Enumerable.Range(1, Layers).SelectMany(i => Block.Tensors($"{Blocks}{i}")),
        .. Mixer.Tensors($"{Blocks}{Layers + 1}"),
        .. ExpectedTensor.Norm("ln_final", Block.Width),
        .. Projection.Tensors("text_projection"),
    ];

    /// <inheritdoc/>
    public override int UsedLength(ReadOnlySpan<long> row) => row.Length;
}
