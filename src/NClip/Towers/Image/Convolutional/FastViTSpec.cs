using NClip.Configuration;
using NClip.Towers.Blocks;
using NClip.Towers.Blocks.Kinds;

namespace NClip.Towers.Image.Convolutional;

/// <summary>A stage of a FastViT; all but the first begin by halving the sides.</summary>
/// <param name="Blocks">Number of blocks.</param>
/// <param name="Block">Their sizes.</param>
internal sealed record FastViTStage(int Blocks, RepMixerSpec Block)
{
    /// <summary>The blocks mix by attention; else by convolution.</summary>
    public bool Attention { get; init; }

    /// <summary>The norm before the attention is a layer norm over the channels; else a batch norm.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>Positions, from a convolution, are added before the blocks.</summary>
    public bool Positions { get; init; }

    /// <summary>Channels of the squeeze where the sides are halved; 0: none.</summary>
    public int Squeezed { get; init; }
}

/// <summary>MobileCLIP's FastViT ("MCi") as timm names it, its branches merged. (Vasu et al. 2023, §3; Vasu et al. 2024, §4.2; Faghri et al. 2025 for five stages)</summary>
internal sealed record FastViTSpec(int Height, int Width, IReadOnlyList<FastViTStage> Stages, int Head, int HeadSqueezed) : ImageTowerSpec(Height, Width)
{
    /// <summary>Channels of an attention head.</summary>
    public const int HeadWidth = 32;

    private const int MobileClipSize = 256;

    private const string Trunk = "visual.trunk.";

    /// <summary>Channels behind the stem.</summary>
    public int Stem => Stages[0].Block.Width;

    /// <inheritdoc/>
    public override string Title => $"FastViT {string.Join("-", Stages.Select(s => s.Blocks))}, {string.Join("-", Stages.Select(s => s.Block.Width))} channels";

    /// <inheritdoc/>
    public override string? Misfit => base.Misfit ?? Stages.Where(s => s.Attention).Select(s => TransformerBlockSpec.HeadsMisfit(s.Block.Width, s.Block.Width / HeadWidth)).FirstOrDefault(m => m is not null);

    /// <summary>True where a checkpoint has such a tower.</summary>
    public static bool Recognise(ModelTensors t) => t.Has(Trunk + "stem.0.reparam_conv.weight");

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => FastViT.Build(ops, this, w, pixels);

    /// <summary>Rows and columns of what a stage's blocks get: the stem halves the sides twice, each further stage once, rounding up.</summary>
    public (int Rows, int Columns) Sides(int stage)
    {
        var (rows, columns) = (Height, Width);
        for (var i = 0; i < stage + 2; i++) (rows, columns) = ((rows + 1) / 2, (columns + 1) / 2);
        return (rows, columns);
    }

    /// <inheritdoc/>
    public override ImageTowerSpec WithTimm(ConfigSection c, string name) =>
        c.String("timm_pool") is null or "" or "avg" ? this : throw c.Unknown("timm_pool", c.String("timm_pool"), "avg for a FastViT");

    /// <summary>Tensors to spec; the input size is not in the shapes.</summary>
    public static FastViTSpec Infer(ModelTensors t)
    {
        var head = (int)t.Shape(Trunk + "final_conv.reparam_conv.weight", 4)[0];
        return new(MobileClipSize, MobileClipSize, [.. Enumerable.Range(0, Math.Max(1, t.CountBlocks(Trunk + "stages."))).Select(s => Stage(t, $"{Trunk}stages.{s}"))], head, (int)t.Shape(Trunk + "final_conv.se.fc1.weight", 4)[0])
        {
            Projection = ProjectionSpec.Infer(t, "visual.proj", head),
        };
    }

    private static FastViTStage Stage(ModelTensors t, string at)
    {
        var fc1 = t.Shape(at + ".blocks.0.mlp.fc1.weight", 4);
        var squeeze = at + ".downsample.proj.0.se.fc1.weight";
        return new(t.CountBlocks(at + ".blocks."), RepMixerSpec.OfPictures((int)fc1[1], (int)fc1[0]))
        {
            Attention = t.Has(at + ".blocks.0.token_mixer.qkv.weight"),
            LayerNorm = !t.Has(at + ".blocks.0.norm.running_mean"),
            Positions = t.Has(at + ".pos_emb.reparam_conv.weight"),
            Squeezed = t.Has(squeeze) ? (int)t.Shape(squeeze, 4)[0] : 0,
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        .. ExpectedTensor.BiasedConv(Trunk + "stem.0.reparam_conv", 3, Stem, 3),
        .. ExpectedTensor.BiasedConv(Trunk + "stem.1.reparam_conv", 1, Stem, 3),
        .. ExpectedTensor.BiasedConv(Trunk + "stem.2.reparam_conv", Stem, Stem, 1),
        .. Stages.SelectMany((s, i) => Stage(s, $"{Trunk}stages.{i}", first: i == 0)),
        .. ExpectedTensor.BiasedConv(Trunk + "final_conv.reparam_conv", 1, Head, 3),
        .. Squeeze(Trunk + "final_conv.se", Head, HeadSqueezed),
        .. Projection.Tensors("visual.proj"),
    ];

    private static IEnumerable<ExpectedTensor> Stage(FastViTStage s, string at, bool first) =>
    [
        .. first ? [] : Downsample(s, at + ".downsample.proj"),
        .. s.Positions ? ExpectedTensor.BiasedConv(at + ".pos_emb.reparam_conv", 1, s.Block.Width, 7) : [],
        .. Enumerable.Range(0, s.Blocks).Select(i => $"{at}.blocks.{i}").SelectMany(b => s.Attention ? AttentionBlock(s, b) : s.Block.Tensors(b)),
    ];

    private static IEnumerable<ExpectedTensor> Downsample(FastViTStage s, string at) =>
    [
        .. ExpectedTensor.BiasedConv(at + ".0.reparam_conv", 1, s.Block.Width, 7),
        .. s.Squeezed > 0 ? Squeeze(at + ".0.se", s.Block.Width, s.Squeezed) : [],
        .. ExpectedTensor.BiasedConv(at + ".1.reparam_conv", s.Block.Width, s.Block.Width, 1),
    ];

    private static IEnumerable<ExpectedTensor> AttentionBlock(FastViTStage s, string at) =>
    [
        .. s.LayerNorm ? ExpectedTensor.Norm(at + ".norm", s.Block.Width) : ExpectedTensor.BatchNorm(at + ".norm", s.Block.Width),
        new(at + ".token_mixer.qkv.weight", [3 * s.Block.Width, s.Block.Width], TensorRole.Linear),
        .. ExpectedTensor.Linear(at + ".token_mixer.proj", s.Block.Width, s.Block.Width),
        .. s.Block.FeedForward(at + ".mlp"),
        s.Block.Scale(at + ".layer_scale_1"), s.Block.Scale(at + ".layer_scale_2"),
    ];

    private static IEnumerable<ExpectedTensor> Squeeze(string at, int channels, int squeezed) =>
        [.. ExpectedTensor.BiasedConv(at + ".fc1", channels, squeezed, 1), .. ExpectedTensor.BiasedConv(at + ".fc2", squeezed, channels, 1)];
}
