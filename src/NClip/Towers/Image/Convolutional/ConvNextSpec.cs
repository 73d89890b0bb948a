using NClip.Configuration;
using NClip.Towers.Blocks;

namespace NClip.Towers.Image.Convolutional;

/// <summary>ConvNeXt as timm names it. (Liu et al. 2022, §2)</summary>
internal sealed record ConvNextSpec(int Height, int Width, IReadOnlyList<int> Depths, IReadOnlyList<int> Channels) : ImageTowerSpec(Height, Width)
{
    /// <summary>Of every layer norm.</summary>
    public float Epsilon { get; init; } = 1e-6f;

    /// <inheritdoc/>
    public override string Title => $"ConvNeXt {string.Join("-", Depths)}, {string.Join("-", Channels)} channels";

    /// <inheritdoc/>
    public override T Build<T>(IOperators<T> ops, Scope<T> w, T pixels) => ConvNext.Build(ops, this, w, pixels);

    /// <inheritdoc/>
    public override ImageTowerSpec WithTimm(ConfigSection c, string name) => this with { Epsilon = name.StartsWith("convnext_xxlarge", StringComparison.Ordinal) ? 1e-5f : 1e-6f };

    /// <summary>Tensors to spec; the input size is not in the shapes.</summary>
    public static ConvNextSpec Infer(ModelTensors t)
    {
        var stages = t.CountBlocks("visual.trunk.stages.");
        int[] channels = [.. Enumerable.Range(0, stages).Select(s => (int)t.Shape($"visual.trunk.stages.{s}.blocks.0.conv_dw.weight", 4)[0])];
        return new(UsualSize, UsualSize, [.. Enumerable.Range(0, stages).Select(s => t.CountBlocks($"visual.trunk.stages.{s}.blocks."))], channels)
        {
            Projection = ProjectionSpec.Infer(t, "visual.proj", channels[^1]),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ExpectedTensor> Tensors()
    {
        const string Trunk = "visual.trunk.";
        List<ExpectedTensor> r = [.. ExpectedTensor.BiasedConv(Trunk + "stem.0", 3, Channels[0], 4), .. ExpectedTensor.Norm(Trunk + "stem.1", Channels[0])];
        for (var s = 0; s < Depths.Count; s++)
        {
            var (at, c) = ($"{Trunk}stages.{s}", Channels[s]);
            if (s > 0) r.AddRange([.. ExpectedTensor.Norm(at + ".downsample.0", Channels[s - 1]), .. ExpectedTensor.BiasedConv(at + ".downsample.1", Channels[s - 1], c, 2)]);
            for (var i = 0; i < Depths[s]; i++)
            {
                var b = $"{at}.blocks.{i}";
                r.AddRange([new(b + ".gamma", [c]), .. ExpectedTensor.BiasedConv(b + ".conv_dw", 1, c, 7), .. ExpectedTensor.Norm(b + ".norm", c)]);
                r.AddRange([.. ExpectedTensor.Linear(b + ".mlp.fc1", c, 4 * c), .. ExpectedTensor.Linear(b + ".mlp.fc2", 4 * c, c)]);
            }
        }
        return [.. r, .. ExpectedTensor.Norm(Trunk + "head.norm", Channels[^1]), .. Projection.Tensors("visual.proj")];
    }
}
