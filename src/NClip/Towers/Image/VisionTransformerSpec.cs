using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>How the tokens of an image become one vector.</summary>
internal enum ImagePooling
{
    /// <summary>The class token.</summary>
    ClassToken,

    /// <summary>The mean of the patches, without the class token.</summary>
    Average,

    /// <summary>Learned queries attend to the tokens; the first query's answer counts (open_clip's AttentionalPooler).</summary>
    Queries,

    /// <summary>One learned query attends to the tokens, then a feed-forward layer (SigLIP's MAP head).</summary>
    Map,
}

/// <summary>CLIP's ViT, timm's and SigLIP's: patches, positions, pre-norm blocks, pooling. (Radford et al. 2021, §2.4)</summary>
internal partial record VisionTransformerSpec(int Height, int Width, int PatchSize, int Layers, TransformerBlockSpec Block) : ImageTowerSpec(Height, Width)
{
    /// <summary>A learned token stands before the patches.</summary>
    public bool ClassToken { get; init; } = true;

    /// <summary>The patch convolution has a bias.</summary>
    public bool PatchBias { get; init; }

    /// <summary>Layer norm before the blocks.</summary>
    public bool NormPre { get; init; } = true;

    /// <summary>How tokens become one vector.</summary>
    public ImagePooling Pooling { get; init; }

    /// <summary>ln_post stands behind the average instead of before it.</summary>
    public bool NormAfterPooling { get; init; }

    /// <summary>Queries of an attentional pooler.</summary>
    public int PoolerQueries { get; init; }

    /// <summary>Heads of an attentional pooler or MAP head.</summary>
    public int PoolerHeads { get; init; }

    /// <summary>Width behind the attentional pooler (the blocks' width otherwise).</summary>
    public int PooledWidth { get; init; } = Block.Width;

    /// <summary>Patches of one image.</summary>
    public int Patches => Height / PatchSize * (Width / PatchSize);

    /// <summary>Tokens of one image.</summary>
    public int Tokens => Patches + (ClassToken ? 1 : 0);

    /// <inheritdoc/>
    public override string Title => $"ViT, patch {PatchSize}, {Block.Width} x {Layers}, {Block.Heads} heads";

    /// <inheritdoc/>
    public override string? Misfit => base.Misfit ?? Block.Misfit
        ?? PatchTokens.Misfit(PatchSize, Height, Width)
        ?? (Pooling is ImagePooling.Queries or ImagePooling.Map ? TransformerBlockSpec.HeadsMisfit(PooledWidth, PoolerHeads) : null);

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => VisionTransformer.Build(ops, this, w, pixels);

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        PatchWeight,
        .. PatchBias ? [new ExpectedTensor("visual.conv1.bias", [Block.Width])] : Array.Empty<ExpectedTensor>(),
        .. ClassToken ? [new ExpectedTensor("visual.class_embedding", [Block.Width])] : Array.Empty<ExpectedTensor>(),
        new("visual.positional_embedding", [Positions, Block.Width]),
        .. NormPre ? ExpectedTensor.Norm("visual.ln_pre", Block.Width) : [],
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"visual.transformer.resblocks.{i}")),
        .. Pooling switch { ImagePooling.Queries => QueryTensors(), ImagePooling.Map => MapTensors(Block.Width, Block.MlpWidth), _ => [] },
        .. ExpectedTensor.Norm("visual.ln_post", PooledWidth),
        .. Projection.Tensors("visual.proj"),
    ];

    /// <summary>What turns a patch into a token.</summary>
    protected virtual ExpectedTensor PatchWeight => ExpectedTensor.Conv("visual.conv1", 3, Block.Width, PatchSize);

    /// <summary>Rows of the position table.</summary>
    protected virtual int Positions => Tokens;

    private IEnumerable<ExpectedTensor> QueryTensors() =>
    [
        new("visual.attn_pool.query", [PoolerQueries, PooledWidth]),
        .. ExpectedTensor.Norm("visual.attn_pool.ln_q", PooledWidth),
        .. ExpectedTensor.Norm("visual.attn_pool.ln_k", Block.Width),
        .. PooledWidth == Block.Width
            ? [new ExpectedTensor("visual.attn_pool.attn.in_proj_weight", [3 * PooledWidth, PooledWidth])]
            : new ExpectedTensor[]
            {
                new("visual.attn_pool.attn.q_proj_weight", [PooledWidth, PooledWidth]),
                new("visual.attn_pool.attn.k_proj_weight", [PooledWidth, Block.Width]),
                new("visual.attn_pool.attn.v_proj_weight", [PooledWidth, Block.Width]),
            },
        new("visual.attn_pool.attn.in_proj_bias", [3 * PooledWidth]),
        .. ExpectedTensor.Linear("visual.attn_pool.attn.out_proj", PooledWidth, PooledWidth),
    ];

    /// <summary>The tensors of <see cref="ImagePooling.Map"/>.</summary>
    internal static IEnumerable<ExpectedTensor> MapTensors(int width, int mlpWidth) =>
    [
        new("visual.map_pool.latent", [width]),
        new("visual.map_pool.attn.in_proj_weight", [3 * width, width]),
        new("visual.map_pool.attn.in_proj_bias", [3 * width]),
        .. ExpectedTensor.Linear("visual.map_pool.attn.out_proj", width, width),
        .. ExpectedTensor.Norm("visual.map_pool.ln", width),
        .. ExpectedTensor.Linear("visual.map_pool.mlp.c_fc", width, mlpWidth),
        .. ExpectedTensor.Linear("visual.map_pool.mlp.c_proj", mlpWidth, width),
    ];
}
