using NClip.Configuration;
using NClip.Towers.Blocks;
using NClip.Towers.Blocks.Kinds;

namespace NClip.Towers.Image;

/// <summary>EVA-CLIP's image towers: EVA-01 g, EVA-02 B and L, EVA-02 E. (Sun et al. 2023, EVA-CLIP)</summary>
/// <param name="Height">Input height in pixels.</param>
/// <param name="Width">Input width in pixels.</param>
/// <param name="PatchSize">Side of a patch; pixels beyond the last whole one are not looked at.</param>
/// <param name="Layers">Blocks.</param>
/// <param name="Sizes">Of a block.</param>
internal sealed record EvaSpec(int Height, int Width, int PatchSize, int Layers, TransformerBlockSpec Sizes) : ImageTowerSpec(Height, Width)
{
    private const string Blocks = "visual.transformer.resblocks.";

    /// <summary>Patches on a side of the pictures that EVA was pre-trained with.</summary>
    private const int PretrainedGrid = 16;

    /// <summary>The blocks are those of EVA-02 B and L: rotary positions, SwiGLU, norms inside.</summary>
    public bool Second { get; init; }

    /// <summary>Norms stand behind the branches (EVA-02 E).</summary>
    public bool PostNorm { get; init; }

    /// <summary>The grid that rotary positions are scaled to; null: they are not.</summary>
    public (int Rows, int Columns)? Reference { get; init; } = (PretrainedGrid, PretrainedGrid);

    /// <inheritdoc/>
    public override string Title => $"EVA-0{(Second || PostNorm ? 2 : 1)}, patch {PatchSize}, {Sizes.Width} x {Layers}, {Sizes.Heads} heads";

    /// <inheritdoc/>
    public override string? Misfit => base.Misfit ?? PatchTokens.Misfit(PatchSize, Height, Width) ?? Sizes.Misfit ?? (Second ? RotaryPositions.Misfit(Sizes.HeadWidth) : null);

    /// <summary>The block, with the places of this size's patches.</summary>
    public EvaBlockSpec Block => Second ? new Eva02BlockSpec(Sizes, Positions) : new EvaBlockSpec(Sizes) { PostNorm = PostNorm };

    private RotaryPositions Positions => new(Height / PatchSize, Width / PatchSize) { Kept = 1, Reference = Reference };

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => Eva.Build(ops, this, w, pixels);

    /// <summary>True where a checkpoint has such a tower.</summary>
    public static bool Recognise(ModelTensors t) => t.Has(Blocks + "0.attn.q_bias");

    /// <summary>Tensors to spec. Heads and the place of the norms are in no shape: heads of 64 channels and norms before the branches, but for the published widths of g and E.</summary>
    public static EvaSpec Infer(ModelTensors t)
    {
        var conv = t.Shape("visual.conv1.weight", 4);
        var (width, patch) = ((int)conv[0], (int)conv[3]);
        var side = (int)Math.Round(Math.Sqrt(t.Shape("visual.positional_embedding", 2)[0] - 1)) * patch;
        var heads = width is 1408 or 1792 ? 16 : TransformerBlockSpec.UsualHeads(width);
        return new(side, side, patch, t.CountBlocks(Blocks), new(width, heads, (int)t.Shape(Blocks + "0.mlp.c_fc.weight", 2)[0], t.Has(Blocks + "0.mlp.c_gate.weight") ? Activation.Silu : Activation.Gelu, 1e-6f))
        {
            Second = t.Has(Blocks + "0.mlp.c_gate.weight"),
            PostNorm = width == 1792,
            Projection = ProjectionSpec.Infer(t, "visual.proj", width),
        };
    }

    /// <inheritdoc/>
    public override ImageTowerSpec WithTimm(ConfigSection c, string name)
    {
        if (c.String("timm_pool") is { Length: > 0 } pool and not "token") throw c.Unknown("timm_pool", pool, "token");
        var kwargs = c.Object("timm_model_kwargs");
        return this with
        {
            PatchSize = kwargs.Int("patch_size", ConfigRange.Side) ?? PatchSize,
            Layers = kwargs.Int("depth", ConfigRange.Layers) ?? Layers,
            Sizes = Sizes.WithTimm(kwargs, name.StartsWith("eva_giant", StringComparison.Ordinal) || name.StartsWith("eva02_enormous", StringComparison.Ordinal) ? 16 : null),
            PostNorm = kwargs.Flag("use_post_norm") ?? name.StartsWith("eva02_enormous", StringComparison.Ordinal),
            Reference = RotaryPositions.GridOf(kwargs, "ref_feat_shape") ?? Reference,
        };
    }

    /// <summary>The authors' configuration, which has open_clip's form. (baaivision/EVA eva_clip/model.py, CLIPVisionCfg)</summary>
    public override ImageTowerSpec WithOpenClip(OpenClipSection section)
    {
        var c = section.Section;
        Expect("rope", Second);
        Expect("naiveswiglu", Second);
        Expect("global_average_pool", false);
        var width = c.Int("width", ConfigRange.Width) ?? Sizes.Width;
        return this with
        {
            PatchSize = c.Int("patch_size", ConfigRange.Side) ?? PatchSize,
            Layers = c.Int("layers", ConfigRange.Layers) ?? Layers,
            Sizes = Sizes with { Width = width, Heads = c.Int("head_width", ConfigRange.Width) is { } each ? width / each : Sizes.Heads },
            PostNorm = c.Flag("postnorm") ?? false,
            Reference = c.Flag("intp_freq") ?? false ? Grid(c.Int("pt_hw_seq_len", ConfigRange.Side)) : null,
        };
        void Expect(string name, bool value)
        {
            if ((c.Flag(name) ?? false) != value) throw c.Unknown(name, value ? "false" : "true", $"{(value ? "true" : "false")} for a checkpoint with these tensors");
        }
    }

    /// <summary>A model that keeps the tower's names and words under transformers' vision_config.</summary>
    public override ImageTowerSpec WithHuggingFace(HuggingFaceSection c)
    {
        var (height, width) = c.Size("image_size") ?? (Height, Width);
        var channels = c.Int("width", ConfigRange.Width) ?? Sizes.Width;
        return this with
        {
            Height = height,
            Width = width,
            PatchSize = c.Int("patch_size", ConfigRange.Side) ?? PatchSize,
            Layers = c.Int("layers", ConfigRange.Layers) ?? Layers,
            Sizes = Sizes with { Width = channels, Heads = c.Int("head_width", ConfigRange.Width) is { } each ? channels / each : Sizes.Heads },
            Reference = Grid(c.Int("pt_hw_seq_len", ConfigRange.Side)),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        ExpectedTensor.Conv("visual.conv1", 3, Sizes.Width, PatchSize),
        new("visual.conv1.bias", [Sizes.Width]),
        new("visual.class_embedding", [Sizes.Width]),
        new("visual.positional_embedding", [Positions.Tokens, Sizes.Width]),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"{Blocks}{i}")),
        .. ExpectedTensor.Norm("visual.ln_post", Sizes.Width),
        .. Projection.Tensors("visual.proj"),
    ];

    private static (int Rows, int Columns) Grid(int? side) => (side ?? PretrainedGrid, side ?? PretrainedGrid);
}
