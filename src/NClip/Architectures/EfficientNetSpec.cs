using NClip.Towers;

namespace NClip.Architectures;

/// <summary>A block of EfficientNet.</summary>
/// <param name="In">Channels in.</param>
/// <param name="Hidden">Channels in between; equal to <paramref name="In"/>: nothing is widened.</param>
/// <param name="Out">Channels out.</param>
/// <param name="Kernel">Side of the depthwise convolution.</param>
/// <param name="Stride">Of the depthwise convolution.</param>
/// <param name="Squeezed">Channels of the squeeze.</param>
internal sealed record EfficientNetBlock(int In, int Hidden, int Out, int Kernel, int Stride, int Squeezed)
{
    /// <summary>The block starts with a 1x1 convolution.</summary>
    public bool Widens => Hidden != In;

    /// <summary>The input is added: all blocks of a stage but its first.</summary>
    public bool Shortcut { get; init; }

    /// <summary>Strided blocks pad one pixel less before than behind, but for those that the configuration's depthwise_padding names.</summary>
    public bool PadsEvenly { get; init; }

    /// <summary>Zeros around the depthwise convolution's input.</summary>
    public Padding Padding => Stride == 1 || PadsEvenly ? Kernel / 2 : new Padding((Kernel / 2) - 1, Kernel / 2);
}

/// <summary>ALIGN's EfficientNet, which ends in the mean over the picture. (Tan and Le 2019, table 1; Jia et al. 2021)</summary>
internal sealed record EfficientNetSpec(int Height, int Width, int Stem, IReadOnlyList<EfficientNetBlock> Blocks) : ImageTowerSpec(Height, Width)
{
    /// <summary>Of every batch norm.</summary>
    public float Epsilon { get; init; } = 1e-3f;

    /// <inheritdoc/>
    public override string Title => $"EfficientNet, {Blocks.Count} blocks, {Blocks[^1].Out} channels";

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors() =>
    [
        .. Convolution("visual.stem", 3, Stem, 3),
        .. Blocks.SelectMany((b, i) => Block($"visual.blocks.{i}", b)),
    ];

    private static IEnumerable<ExpectedTensor> Block(string at, EfficientNetBlock b) =>
    [
        .. b.Widens ? Convolution(at + ".expand", b.In, b.Hidden, 1) : [],
        .. Convolution(at + ".depthwise", 1, b.Hidden, b.Kernel),
        ExpectedTensor.Conv(at + ".squeeze.reduce", b.Hidden, b.Squeezed, 1), new(at + ".squeeze.reduce.bias", [b.Squeezed]),
        ExpectedTensor.Conv(at + ".squeeze.expand", b.Squeezed, b.Hidden, 1), new(at + ".squeeze.expand.bias", [b.Hidden]),
        .. Convolution(at + ".project", b.Hidden, b.Out, 1),
    ];

    /// <summary>A convolution without bias and the batch norm behind it.</summary>
    private static IEnumerable<ExpectedTensor> Convolution(string at, int from, int to, int kernel) =>
        [ExpectedTensor.Conv(at + ".conv", from, to, kernel), .. ExpectedTensor.BatchNorm(at + ".bn", to)];
}
