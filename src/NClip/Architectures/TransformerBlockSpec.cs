namespace NClip.Architectures;

/// <summary>The nonlinearity of a feed-forward layer.</summary>
internal enum Activation
{
    /// <summary>x·sigmoid(1.702x), what OpenAI trained with.</summary>
    QuickGelu,

    /// <summary>x/2·(1+erf(x/√2)).</summary>
    Gelu,

    /// <summary>x/2·(1+tanh(√(2/π)(x+0.044715x³))).</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x·sigmoid(x), also called swish.</summary>
    Silu,
}

/// <summary>A pre-norm transformer block. (Radford et al. 2021, §2.4; openai/CLIP model.py, ResidualAttentionBlock; the switches are those of open_clip's CustomResidualAttentionBlock)</summary>
/// <param name="Width">Channels.</param>
/// <param name="Heads">Attention heads; must divide the width.</param>
/// <param name="MlpWidth">Hidden channels of the feed-forward layer.</param>
/// <param name="Activation">Its nonlinearity.</param>
/// <param name="Epsilon">Of every layer norm in the block.</param>
internal sealed record TransformerBlockSpec(int Width, int Heads, int MlpWidth, Activation Activation, float Epsilon)
{
    /// <summary>Each branch is multiplied by a learned vector (ls_1, ls_2).</summary>
    public bool LayerScale { get; init; }

    /// <summary>Queries and keys are normalised per head.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Each head's output is multiplied by a learned number.</summary>
    public bool ScaleHeads { get; init; }

    /// <summary>Layer norm between the heads and the output projection.</summary>
    public bool NormInner { get; init; }

    /// <summary>Layer norm behind the attention.</summary>
    public bool NormAttention { get; init; }

    /// <summary>Layer norm inside the feed-forward layer, behind the activation.</summary>
    public bool NormMlp { get; init; }

    /// <summary>Channels of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>As <see cref="TowerSpec.Misfit"/>: a width that its heads do not divide.</summary>
    public string? Misfit => HeadsMisfit(Width, Heads);

    /// <summary>The same of any attention.</summary>
    public static string? HeadsMisfit(int width, int heads) => heads < 1 || width % heads != 0 ? $"{width} channels in {heads} attention heads" : null;

    /// <summary>The tensors of the block named <paramref name="at"/>.</summary>
    public IEnumerable<ExpectedTensor> Tensors(string at) =>
    [
        .. ExpectedTensor.Norm(at + ".ln_1", Width),
        new(at + ".attn.in_proj_weight", [3 * Width, Width], TensorRole.Linear),
        new(at + ".attn.in_proj_bias", [3 * Width]),
        .. ExpectedTensor.Linear(at + ".attn.out_proj", Width, Width),
        .. ExpectedTensor.Norm(at + ".ln_2", Width),
        .. ExpectedTensor.Linear(at + ".mlp.c_fc", Width, MlpWidth),
        .. ExpectedTensor.Linear(at + ".mlp.c_proj", MlpWidth, Width),
        .. LayerScale ? [new(at + ".ls_1.gamma", [Width]), new ExpectedTensor(at + ".ls_2.gamma", [Width])] : Array.Empty<ExpectedTensor>(),
        .. QueryKeyNorm ? [.. ExpectedTensor.Norm(at + ".attn.ln_q", HeadWidth), .. ExpectedTensor.Norm(at + ".attn.ln_k", HeadWidth)] : Array.Empty<ExpectedTensor>(),
        .. ScaleHeads ? [new ExpectedTensor(at + ".attn.head_scale", [Heads, 1, 1])] : Array.Empty<ExpectedTensor>(),
        .. NormInner ? ExpectedTensor.Norm(at + ".attn.ln_inner", Width) : [],
        .. NormAttention ? ExpectedTensor.Norm(at + ".ln_attn", Width) : [],
        .. NormMlp ? ExpectedTensor.Norm(at + ".mlp.ln", MlpWidth) : [],
    ];
}
