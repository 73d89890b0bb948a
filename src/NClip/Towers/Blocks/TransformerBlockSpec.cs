using NClip.Configuration;

namespace NClip.Towers.Blocks;

/// <summary>A pre-norm transformer block. (Radford et al. 2021, §2.4; openai/CLIP model.py, ResidualAttentionBlock; the switches are those of open_clip's CustomResidualAttentionBlock)</summary>
/// <param name="Width">Channels.</param>
/// <param name="Heads">Attention heads; must divide the width.</param>
/// <param name="MlpWidth">Hidden channels of the feed-forward layer.</param>
/// <param name="Activation">Its nonlinearity.</param>
/// <param name="Epsilon">Of every layer norm in the block.</param>
internal record TransformerBlockSpec(int Width, int Heads, int MlpWidth, Activation Activation, float Epsilon)
{
    /// <summary>Query, key and value have biases.</summary>
    public bool AttentionBias { get; init; } = true;

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

    /// <summary>The block that a checkpoint's first block of the name <paramref name="prefix"/>0. is.</summary>
    public static TransformerBlockSpec Infer(ModelTensors t, string prefix, int width, Activation activation, float epsilon)
    {
        var at = prefix + "0.";
        return new(width, UsualHeads(width), (int)t.Shape(at + "mlp.c_fc.weight", 2)[0], activation, epsilon)
        {
            AttentionBias = t.Has(at + "attn.in_proj_bias"),
            LayerScale = t.Has(at + "ls_1.gamma"),
            QueryKeyNorm = t.Has(at + "attn.ln_q.weight"),
            ScaleHeads = t.Has(at + "attn.head_scale"),
            NormInner = t.Has(at + "attn.ln_inner.weight"),
            NormAttention = t.Has(at + "ln_attn.weight"),
            NormMlp = t.Has(at + "mlp.ln.weight"),
        };
    }

    /// <summary>OpenAI's rule: heads of 64 channels.</summary>
    public static int UsualHeads(int width) => Math.Max(1, width / 64);

    /// <summary>The nonlinearity of the naming's house.</summary>
    public static Activation UsualActivation(Naming naming, bool siglip) => naming switch
    {
        Naming.HuggingFace when siglip => Activation.GeluTanh,
        Naming.OpenClip or Naming.Timm or Naming.MobileClip or Naming.EvaClip or Naming.PerceptionEncoder or Naming.TinyClip => Activation.Gelu,
        _ => Activation.QuickGelu,
    };

    /// <summary>What open_clip says of a tower's blocks.</summary>
    public TransformerBlockSpec WithOpenClip(OpenClipSection section, int width, int heads)
    {
        var c = section.Section;
        return this with
        {
            Width = width,
            Heads = heads,
            MlpWidth = c.Number("mlp_ratio", 0, 256) is { } ratio ? (int)(width * ratio) : MlpWidth,
            Activation = section.QuickGelu ? Activation.QuickGelu : c.Object("act_kwargs").String("approximate") == "tanh" ? Activation.GeluTanh : Activation.Gelu,
            Epsilon = (float)(c.Object("norm_kwargs").Number("eps", 0, 1) ?? 1e-5),
            LayerScale = c.Get("ls_init_value") is not null,
            QueryKeyNorm = c.Flag("qk_norm") ?? false,
            ScaleHeads = c.Flag("scale_heads") ?? false,
            NormInner = c.Flag("scale_attn_inner") ?? false,
            NormAttention = c.Flag("scale_attn") ?? false,
            NormMlp = c.Flag("scale_fc") ?? false,
        };
    }

    /// <summary>What timm_model_kwargs say of the sizes of a tower's blocks.</summary>
    /// <param name="kwargs">The object.</param>
    /// <param name="heads">Heads of the named model, where they are not those of 64 channels.</param>
    public TransformerBlockSpec WithTimm(ConfigSection kwargs, int? heads)
    {
        var width = kwargs.Int("embed_dim", ConfigRange.Width) ?? Width;
        return this with { Width = width, Heads = kwargs.Int("num_heads", ConfigRange.Width) ?? heads ?? UsualHeads(width) };
    }

    /// <summary>What transformers says of a tower's blocks.</summary>
    public TransformerBlockSpec WithHuggingFace(HuggingFaceSection c)
    {
        var width = c.Int("hidden_size", ConfigRange.Width) ?? Width;
        return this with
        {
            Width = width,
            Heads = c.Int("num_attention_heads", ConfigRange.Width) ?? UsualHeads(width),
            MlpWidth = c.Int("intermediate_size", ConfigRange.Rows) ?? MlpWidth,
            Activation = ActivationNames.Read(c),
            Epsilon = (float)(c.Number("layer_norm_eps", 0, 1) ?? c.Rules.Epsilon),
        };
    }

    /// <summary>Channels of one head.</summary>
    public int HeadWidth => Width / Heads;

    /// <summary>As <see cref="TowerSpec.Misfit"/>: a width that its heads do not divide.</summary>
    public string? Misfit => HeadsMisfit(Width, Heads);

    /// <summary>The same of any attention.</summary>
    public static string? HeadsMisfit(int width, int heads) => heads < 1 || width % heads != 0 ? $"{width} channels in {heads} attention heads" : null;

    /// <summary>The block over rows [N·L, W]. Another kind of block (rotary positions, gated feed-forward layers, norms elsewhere) is a record derived from this one with a page of its own.</summary>
    public virtual T Build<T>(IOperators<T> ops, Scope<T> w, T x, Dim length, T? mask)
        where T : class => TransformerBlock.Build(ops, this, w, x, length, mask);

    /// <summary>The tensors of the block named <paramref name="at"/>.</summary>
    public virtual IEnumerable<ExpectedTensor> Tensors(string at) =>
    [
        .. ExpectedTensor.Norm(at + ".ln_1", Width),
        new(at + ".attn.in_proj_weight", [3 * Width, Width], TensorRole.Linear),
        .. AttentionBias ? [new(at + ".attn.in_proj_bias", [3 * Width])] : Array.Empty<ExpectedTensor>(),
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
