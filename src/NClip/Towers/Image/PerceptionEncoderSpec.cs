using System.Globalization;
using System.Text.RegularExpressions;
using NClip.Configuration;
using NClip.Towers.Blocks;
using NClip.Towers.Blocks.Kinds;

namespace NClip.Towers.Image;

/// <summary>PE-Core, Meta's Perception Encoder: a ViT with rotary positions and attention pooling. (Bolya et al. 2025)</summary>
/// <param name="Height">Input height in pixels.</param>
/// <param name="Width">Input width in pixels.</param>
/// <param name="PatchSize">Side of a patch.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Sizes">Of a block.</param>
/// <param name="PoolMlpWidth">Hidden channels of the pooling's feed-forward layer.</param>
internal sealed partial record PerceptionEncoderSpec(int Height, int Width, int PatchSize, int Layers, TransformerBlockSpec Sizes, int PoolMlpWidth) : ImageTowerSpec(Height, Width)
{
    private const string Blocks = "visual.transformer.resblocks.";

    /// <summary>A learned token stands before the patches, which count from 1 then (all but G).</summary>
    public bool ClassToken { get; init; } = true;

    /// <summary>Heads of the pooling.</summary>
    public int PoolHeads { get; init; } = 8;

    /// <summary>The grid that rotary positions are scaled to, as timm does; null: they stay whole, as in Meta's program.</summary>
    public (int Rows, int Columns)? Reference { get; init; }

    /// <inheritdoc/>
    public override string Title => $"PE-Core, patch {PatchSize}, {Sizes.Width} x {Layers}, {Sizes.Heads} heads";

    /// <inheritdoc/>
    public override string? Misfit => base.Misfit ?? PatchTokens.Misfit(PatchSize, Height, Width) ?? Sizes.Misfit ?? RotaryPositions.Misfit(Sizes.HeadWidth) ?? TransformerBlockSpec.HeadsMisfit(Sizes.Width, PoolHeads);

    /// <summary>The block, with the places of this size's patches.</summary>
    public RotaryBlockSpec Block => new(Sizes, Positions);

    private RotaryPositions Positions => new(Height / PatchSize, Width / PatchSize) { Kept = ClassToken ? 1 : 0, First = ClassToken ? 1 : 0, ColumnsFirst = true, Reference = Reference };

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => PerceptionEncoder.Build(ops, this, w, pixels);

    /// <summary>True where a checkpoint has such a tower: SigLIP's pooling, but a norm before the blocks.</summary>
    public static bool Recognise(ModelTensors t) => t.Has("visual.map_pool.latent") && t.Has("visual.ln_pre.weight");

    /// <summary>Tensors to spec. Heads are in no shape: 64 channels each, but for the published width of G.</summary>
    public static PerceptionEncoderSpec Infer(ModelTensors t)
    {
        var conv = t.Shape("visual.conv1.weight", 4);
        var (width, patch, token) = ((int)conv[0], (int)conv[3], t.Has("visual.class_embedding"));
        var side = (int)Math.Round(Math.Sqrt(t.Shape("visual.positional_embedding", 2)[0] - (token ? 1 : 0))) * patch;
        var sizes = new TransformerBlockSpec(width, width == 1536 ? 16 : TransformerBlockSpec.UsualHeads(width), (int)t.Shape(Blocks + "0.mlp.c_fc.weight", 2)[0], Activation.Gelu, 1e-5f);
        return new(side, side, patch, t.CountBlocks(Blocks), sizes, (int)t.Shape("visual.map_pool.mlp.c_fc.weight", 2)[0])
        {
            ClassToken = token,
            Projection = ProjectionSpec.Infer(t, "visual.proj", width),
        };
    }

    /// <inheritdoc/>
    public override ImageTowerSpec WithTimm(ConfigSection c, string name)
    {
        if (c.String("timm_pool") is { Length: > 0 } pool and not "map") throw c.Unknown("timm_pool", pool, "map");
        var kwargs = c.Object("timm_model_kwargs");
        return this with
        {
            PatchSize = kwargs.Int("patch_size", ConfigRange.Side) ?? PatchSize,
            Layers = kwargs.Int("depth", ConfigRange.Layers) ?? Layers,
            Sizes = Sizes.WithTimm(kwargs, name.Contains("gigantic", StringComparison.Ordinal) ? 16 : null),
            Reference = RotaryPositions.GridOf(kwargs, "ref_feat_shape") ?? NativeGrid(name),
        };
    }

    /// <summary>The original program's fields. (perception_models config.py, PEConfig)</summary>
    public override ImageTowerSpec WithOpenClip(OpenClipSection section)
    {
        var c = section.Section;
        if (c.String("pool_type") is { } pool and not "attn") throw c.Unknown("pool_type", pool, "attn");
        foreach (var needed in (string[])["use_rope2d", "use_abs_posemb", "use_ln_pre", "use_ln_post"])
            if (c.Flag(needed) == false) throw c.Unknown(needed, "false", "true");
        var width = c.Int("width", ConfigRange.Width) ?? Sizes.Width;
        return this with
        {
            PatchSize = c.Int("patch_size", ConfigRange.Side) ?? PatchSize,
            Layers = c.Int("layers", ConfigRange.Layers) ?? Layers,
            Sizes = Sizes with { Width = width, Heads = c.Int("heads", ConfigRange.Width) ?? Sizes.Heads },
            ClassToken = c.Flag("use_cls_token") ?? ClassToken,
            PoolHeads = c.Int("attn_pooler_heads", ConfigRange.Width) ?? PoolHeads,
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        ExpectedTensor.Conv("visual.conv1", 3, Sizes.Width, PatchSize),
        .. ClassToken ? [new ExpectedTensor("visual.class_embedding", [Sizes.Width])] : Array.Empty<ExpectedTensor>(),
        new("visual.positional_embedding", [Positions.Tokens, Sizes.Width]),
        .. ExpectedTensor.Norm("visual.ln_pre", Sizes.Width),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"{Blocks}{i}")),
        .. ExpectedTensor.Norm("visual.ln_post", Sizes.Width),
        .. VisionTransformerSpec.MapTensors(Sizes.Width, PoolMlpWidth),
        .. Projection.Tensors("visual.proj"),
    ];

    /// <summary>Patches of the pictures that the named model was trained with; timm's names end in the sides of both.</summary>
    private static (int Rows, int Columns)? NativeGrid(string name)
    {
        if (NativeSize.Match(name) is not { Success: true } m) return null;
        int Number(int group) => int.Parse(m.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        var side = Number(2) / Number(1);
        return (side, side);
    }

    [GeneratedRegex(@"_patch([1-9]\d?)_([1-9]\d{2,3})", RegexOptions.CultureInvariant)]
    private static partial Regex NativeSize { get; }
}
