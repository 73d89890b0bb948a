namespace NClip.Towers.Blocks.Kinds;

/// <summary>FastViT's convolutional block and the feed-forward layer that its attention blocks have too. (Vasu et al. 2023, §3.2)</summary>
/// <param name="Width">Channels.</param>
/// <param name="Hidden">Hidden channels of the feed-forward layer.</param>
/// <param name="Mixer">Rows and columns of the convolution that mixes neighbours.</param>
/// <param name="Filter">Rows and columns of the convolution before the feed-forward layer.</param>
internal sealed record RepMixerSpec(int Width, int Hidden, (int Rows, int Columns) Mixer, (int Rows, int Columns) Filter)
{
    /// <summary>On pictures.</summary>
    public static RepMixerSpec OfPictures(int width, int hidden) => new(width, hidden, (3, 3), (7, 7));

    /// <summary>On texts, which are pictures of one row. (Vasu et al. 2024, §4.1)</summary>
    public static RepMixerSpec OfTexts(int width, int hidden) => new(width, hidden, (1, 11), (1, 11));

    /// <summary>The tensors of the block named <paramref name="at"/>.</summary>
    public IEnumerable<ExpectedTensor> Tensors(string at) =>
    [
        Depthwise(at + ".token_mixer.reparam_conv", Mixer), new(at + ".token_mixer.reparam_conv.bias", [Width]),
        .. FeedForward(at + ".mlp"), Scale(at + ".layer_scale"),
    ];

    /// <summary>The tensors of the feed-forward layer named <paramref name="at"/>.</summary>
    public IEnumerable<ExpectedTensor> FeedForward(string at) =>
    [
        Depthwise(at + ".conv.conv", Filter), .. ExpectedTensor.BatchNorm(at + ".conv.bn", Width),
        .. ExpectedTensor.BiasedConv(at + ".fc1", Width, Hidden, 1), .. ExpectedTensor.BiasedConv(at + ".fc2", Hidden, Width, 1),
    ];

    /// <summary>A number for each channel, at <paramref name="at"/>.</summary>
    public ExpectedTensor Scale(string at) => new(at + ".gamma", [Width, 1, 1]);

    private ExpectedTensor Depthwise(string at, (int Rows, int Columns) kernel) => new(at + ".weight", [Width, 1, kernel.Rows, kernel.Columns]);
}
