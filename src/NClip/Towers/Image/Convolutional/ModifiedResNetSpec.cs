using NClip.Configuration;
using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>CLIP's ResNet: three-convolution stem, anti-aliased strides, attention pooling. (Radford et al. 2021, §2.4; openai/CLIP model.py, ModifiedResNet)</summary>
/// <param name="Height">Input height.</param>
/// <param name="Width">Input width.</param>
/// <param name="Blocks">Bottlenecks in each of the four stages.</param>
/// <param name="Channels">Channels of the stem; 32 times as many come out.</param>
internal sealed record ModifiedResNetSpec(int Height, int Width, IReadOnlyList<int> Blocks, int Channels) : ImageTowerSpec(Height, Width)
{
    /// <summary>Channels of one head of the attention pool.</summary>
    public int HeadWidth { get; init; } = 64;

    /// <summary>Heads of the attention pool.</summary>
    public int Heads => Math.Max(1, 32 * Channels / HeadWidth);

    /// <inheritdoc/>
    public override string Title => $"ModifiedResNet {string.Join("-", Blocks)}, width {Channels}";

    /// <inheritdoc/>
    public override string? Misfit => base.Misfit ?? TransformerBlockSpec.HeadsMisfit(32 * Channels, Heads);

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => ModifiedResNet.Build(ops, this, w, pixels);

    /// <inheritdoc/>
    public override ImageTowerSpec WithOpenClip(OpenClipSection c) => this with { HeadWidth = c.Section.Int("head_width", ConfigRange.Width) ?? 64 };

    /// <summary>Tensors to spec.</summary>
    public static ModifiedResNetSpec Infer(ModelTensors t)
    {
        var channels = (int)t.Shape("visual.conv3.weight", 4)[0];
        var grid = (int)Math.Round(Math.Sqrt(t.Shape("visual.attnpool.positional_embedding", 2)[0] - 1));
        return new(32 * grid, 32 * grid, [.. Enumerable.Range(1, 4).Select(s => t.CountBlocks($"visual.layer{s}."))], channels)
        {
            Projection = new(ProjectionKind.Linear, 32 * channels, (int)t.Shape("visual.attnpool.c_proj.weight", 2)[0]) { Bias = true },
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors()
    {
        var (half, pooled) = (Channels / 2, 32 * Channels);
        IEnumerable<ExpectedTensor> stem =
        [
            ExpectedTensor.Conv("visual.conv1", 3, half, 3), .. ExpectedTensor.BatchNorm("visual.bn1", half),
            ExpectedTensor.Conv("visual.conv2", half, half, 3), .. ExpectedTensor.BatchNorm("visual.bn2", half),
            ExpectedTensor.Conv("visual.conv3", half, Channels, 3), .. ExpectedTensor.BatchNorm("visual.bn3", Channels),
        ];
        IEnumerable<ExpectedTensor> pool =
        [
            new("visual.attnpool.positional_embedding", [(Height / 32 * (Width / 32)) + 1, pooled]),
            .. ExpectedTensor.Linear("visual.attnpool.q_proj", pooled, pooled),
            .. ExpectedTensor.Linear("visual.attnpool.k_proj", pooled, pooled),
            .. ExpectedTensor.Linear("visual.attnpool.v_proj", pooled, pooled),
            .. ExpectedTensor.Linear("visual.attnpool.c_proj", pooled, FeatureWidth),
        ];
        return [.. stem, .. Bottlenecks.Tensors("visual.layer", Blocks, Channels, [.. Enumerable.Range(0, 4).Select(i => Channels << i)], (_, i) => i == 0), .. pool];
    }
}

/// <summary>The tensors of ResNet's bottleneck stages, which CLIP's and the plain one share.</summary>
internal static class Bottlenecks
{
    /// <param name="prefix">Name before the stage's number, which counts from 1.</param>
    /// <param name="blocks">Blocks a stage.</param>
    /// <param name="from">Channels before the first stage.</param>
    /// <param name="planes">Inner channels a stage; 4 times as many come out.</param>
    /// <param name="downsample">Whether block i of stage s has a convolution on its shortcut.</param>
    public static IEnumerable<ExpectedTensor> Tensors(string prefix, IReadOnlyList<int> blocks, int from, IReadOnlyList<int> planes, Func<int, int, bool> downsample)
    {
        for (var s = 0; s < blocks.Count; s++)
        {
            var (p, to) = (planes[s], 4 * planes[s]);
            for (var i = 0; i < blocks[s]; i++, from = to)
            {
                var at = $"{prefix}{s + 1}.{i}";
                yield return ExpectedTensor.Conv(at + ".conv1", from, p, 1);
                yield return ExpectedTensor.Conv(at + ".conv2", p, p, 3);
                yield return ExpectedTensor.Conv(at + ".conv3", p, to, 1);
                foreach (var e in (ExpectedTensor[])[.. ExpectedTensor.BatchNorm(at + ".bn1", p), .. ExpectedTensor.BatchNorm(at + ".bn2", p), .. ExpectedTensor.BatchNorm(at + ".bn3", to)]) yield return e;
                if (!downsample(s, i)) continue;
                yield return ExpectedTensor.Conv(at + ".downsample.0", from, to, 1);
                foreach (var e in ExpectedTensor.BatchNorm(at + ".downsample.1", to)) yield return e;
            }
        }
    }
}
