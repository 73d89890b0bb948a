using NClip.Configuration;
using NClip.Towers.Blocks;
using NClip.Towers.Blocks.Kinds;

namespace NClip.Towers.Image;

/// <summary>ViTamin: two stages of inverted residuals, then transformer blocks on a sixteenth of the picture's sides. (Chen et al. 2024)</summary>
/// <param name="Height">Input height in pixels.</param>
/// <param name="Width">Input width in pixels.</param>
/// <param name="Stem">Channels of the stem.</param>
/// <param name="Stages">Of each convolutional stage: its channels, the hidden channels and the number of its blocks.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Block">A transformer block.</param>
internal sealed record VitaminSpec(int Height, int Width, int Stem, IReadOnlyList<VitaminStage> Stages, int Layers, VitaminBlockSpec Block) : ImageTowerSpec(Height, Width)
{
    private const string Blocks = "visual.transformer.resblocks.", Backbone = "visual.trunk.patch_embed.backbone.";

    /// <summary>Pixels of a side that are one token's.</summary>
    private const int Stride = 16;

    /// <summary>Learned positions are added (all but XL).</summary>
    public bool Positions { get; init; } = true;

    /// <summary>Of the norms.</summary>
    public float Epsilon => Block.Epsilon;

    /// <inheritdoc/>
    public override string Title => $"ViTamin {string.Join("-", Stages.Select(s => s.Blocks))}-{Layers}, {Block.Width} channels, {Block.Heads} heads";

    /// <inheritdoc/>
    public override string? Misfit => base.Misfit ?? Block.Misfit;

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => Vitamin.Build(ops, this, w, pixels);

    /// <summary>True where a checkpoint has such a tower.</summary>
    public static bool Recognise(ModelTensors t) => t.Has(Backbone + "stem.conv1.weight");

    /// <summary>Tensors to spec. Heads are in no shape: 64 channels each, but 72 in XL, whose picture's size is not there either: 256.</summary>
    public static VitaminSpec Infer(ModelTensors t)
    {
        var width = (int)t.Shape(Backbone + "pool.proj.weight", 4)[0];
        var positions = t.Has("visual.positional_embedding");
        var side = positions ? (int)Math.Round(Math.Sqrt(t.Shape("visual.positional_embedding", 2)[0])) * Stride : 256;
        VitaminStage[] stages =
        [
            .. Enumerable.Range(0, Math.Max(1, t.CountBlocks(Backbone + "stages."))).Select(s => $"{Backbone}stages.{s}.").Select(at =>
            {
                var narrow = t.Shape(at + "0.conv3_1x1.weight", 4);
                return new VitaminStage((int)narrow[0], (int)narrow[1], t.CountBlocks(at));
            }),
        ];
        var heads = width == 1152 ? 16 : TransformerBlockSpec.UsualHeads(width);
        var block = new VitaminBlockSpec(new(width, heads, (int)t.Shape(Blocks + "0.mlp.c_fc.weight", 2)[0], Activation.Gelu, 1e-6f));
        return new(side, side, (int)t.Shape(Backbone + "stem.conv1.weight", 4)[0], stages, t.CountBlocks(Blocks), block)
        {
            Positions = positions,
            Projection = ProjectionSpec.Infer(t, "visual.proj", width),
        };
    }

    /// <inheritdoc/>
    public override ImageTowerSpec WithTimm(ConfigSection c, string name)
    {
        if (c.String("timm_pool") is { Length: > 0 } pool and not "avg") throw c.Unknown("timm_pool", pool, "avg, or nothing");
        var kwargs = c.Object("timm_model_kwargs");
        return this with
        {
            Layers = kwargs.Int("depth", ConfigRange.Layers) ?? Layers,
            Block = new(Block.WithTimm(kwargs, name.StartsWith("vitamin_xlarge", StringComparison.Ordinal) ? 16 : null)),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        .. Convolution(Backbone + "stem.conv1", 3, Stem, 3), .. ExpectedTensor.Norm(Backbone + "stem.norm1", Stem), .. Convolution(Backbone + "stem.conv2", Stem, Stem, 3),
        .. Stages.SelectMany((s, i) => StageTensors(i)),
        .. ExpectedTensor.Norm(Backbone + "pool.norm", Stages[^1].Channels), .. Convolution(Backbone + "pool.proj", Stages[^1].Channels, Block.Width, 3),
        .. Positions ? [new ExpectedTensor("visual.positional_embedding", [Tokens(Height) * Tokens(Width), Block.Width])] : Array.Empty<ExpectedTensor>(),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"{Blocks}{i}")),
        .. ExpectedTensor.Norm("visual.ln_post", Block.Width),
        .. Projection.Tensors("visual.proj"),
    ];

    private IEnumerable<ExpectedTensor> StageTensors(int stage)
    {
        var (channels, hidden, blocks) = Stages[stage];
        for (var i = 0; i < blocks; i++)
        {
            var (at, from) = ($"{Backbone}stages.{stage}.{i}", i > 0 ? channels : Entering(stage));
            IEnumerable<ExpectedTensor> block =
            [
                .. from != channels ? Convolution(at + ".shortcut.expand", from, channels, 1) : [],
                .. ExpectedTensor.Norm(at + ".pre_norm", from),
                .. Convolution(at + ".conv1_1x1", from, hidden, 1), .. Convolution(at + ".conv2_kxk", 1, hidden, 3), .. Convolution(at + ".conv3_1x1", hidden, channels, 1),
            ];
            foreach (var t in block) yield return t;
        }
    }

    /// <summary>Channels that come into a stage.</summary>
    public int Entering(int stage) => stage == 0 ? Stem : Stages[stage - 1].Channels;

    /// <summary>Tokens along a side of so many pixels: four convolutions, each of which halves it, a rest counting as a whole.</summary>
    private static int Tokens(int pixels) => (pixels + Stride - 1) / Stride;

    private static IEnumerable<ExpectedTensor> Convolution(string at, int from, int to, int kernel) => [ExpectedTensor.Conv(at, from, to, kernel), new(at + ".bias", [to])];
}

/// <summary>A convolutional stage of ViTamin.</summary>
/// <param name="Channels">Channels out.</param>
/// <param name="Hidden">Channels between.</param>
/// <param name="Blocks">Inverted residuals; the first halves the sides.</param>
internal sealed record VitaminStage(int Channels, int Hidden, int Blocks);
