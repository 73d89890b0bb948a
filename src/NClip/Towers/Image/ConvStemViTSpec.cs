using NClip.Configuration;
using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>
/// MobileCLIP-B's ViT (timm's vit_base_mci_224): three convolutions make the patches, the class token has no position. Its two programs compute two things with
/// the same weights: Apple's pads the first convolution and has norms of 1e-5, timm's pads nothing and has 1e-6. Whose names a file has, his arithmetic it gets.
/// </summary>
/// <param name="Height">Input height in pixels.</param>
/// <param name="Width">Input width in pixels.</param>
/// <param name="StemWidth">Channels between the convolutions.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Block">Their sizes.</param>
internal sealed record ConvStemViTSpec(int Height, int Width, int StemWidth, int Layers, TransformerBlockSpec Block) : ImageTowerSpec(Height, Width)
{
    private const int PatchSize = 16;

    private const string Stem = "visual.trunk.patch_embed.backbone.";

    /// <summary>Zeros around the picture in the first convolution.</summary>
    public int StemPadding { get; init; }

    /// <summary>Patches of one picture.</summary>
    public int Patches => Height / PatchSize * (Width / PatchSize);

    /// <inheritdoc/>
    public override string Title => $"ViT with convolutional stem, patch {PatchSize}, {Block.Width} x {Layers}, {Block.Heads} heads";

    /// <inheritdoc/>
    public override string? Misfit => base.Misfit ?? Block.Misfit ?? (Height % PatchSize + Width % PatchSize > 0 ? $"patches of {PatchSize} pixels in pictures of {Width} x {Height}" : null);

    /// <summary>True where a checkpoint has such a tower.</summary>
    public static bool Recognise(ModelTensors t) => t.Has(Stem + "0.bn.weight");

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => ConvStemViT.Build(ops, this, w, pixels);

    /// <inheritdoc/>
    public override ImageTowerSpec WithTimm(ConfigSection c, string name) =>
        c.String("timm_pool") is null or "" or "token"
            ? this with { Block = Block with { Heads = c.Object("timm_model_kwargs").Int("num_heads", ConfigRange.Width) ?? Block.Heads } }
            : throw c.Unknown("timm_pool", c.String("timm_pool"), "token for a ViT with convolutional stem");

    /// <inheritdoc/>
    public override ImageTowerSpec WithMobileClip(int headWidth) => this with { Block = Block with { Heads = Math.Max(1, Block.Width / headWidth) } };

    /// <summary>Tensors to spec.</summary>
    public static ConvStemViTSpec Infer(ModelTensors t)
    {
        var apple = t.Naming == Naming.MobileClip;
        var positions = t.Shape("visual.positional_embedding", 2);
        var (side, width) = ((int)Math.Round(Math.Sqrt(positions[0])) * PatchSize, (int)positions[1]);
        return new(side, side, (int)t.Shape(Stem + "0.conv.weight", 4)[0], t.CountBlocks("visual.transformer.resblocks."), TransformerBlockSpec.Infer(t, "visual.transformer.resblocks.", width, Activation.Gelu, apple ? 1e-5f : 1e-6f))
        {
            StemPadding = apple ? 1 : 0,
            Projection = ProjectionSpec.Infer(t, "visual.proj", width),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        ExpectedTensor.Conv(Stem + "0.conv", 3, StemWidth, 4), .. ExpectedTensor.BatchNorm(Stem + "0.bn", StemWidth),
        ExpectedTensor.Conv(Stem + "1.conv", StemWidth, StemWidth, 2), .. ExpectedTensor.BatchNorm(Stem + "1.bn", StemWidth),
        .. ExpectedTensor.BiasedConv(Stem + "2.conv", StemWidth, Block.Width, 2),
        new("visual.class_embedding", [Block.Width]),
        new("visual.positional_embedding", [Patches, Block.Width]),
        .. Enumerable.Range(0, Layers).SelectMany(i => Block.Tensors($"visual.transformer.resblocks.{i}")),
        .. ExpectedTensor.Norm("visual.ln_post", Block.Width),
        .. Projection.Tensors("visual.proj"),
    ];
}
