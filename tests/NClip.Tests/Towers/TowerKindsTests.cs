using NClip.Checkpoints;
using NClip.Towers;
using Xunit;

namespace NClip.Tests.Towers;

public sealed class TowerKindsTests
{
    [Fact]
    public void A_trunk_that_only_begins_like_one_that_is_read_is_refused_with_the_kinds()
    {
        // timm's EfficientNet begins with conv_stem too, but has a batch norm where MobileNetV2's is folded.
        var tensors = Made("visual.trunk.conv_stem.weight", "visual.trunk.bn1.weight", "visual.trunk.blocks.0.0.conv_dw.weight");
        var e = Assert.Throws<CheckpointException>(() => TowerKinds.Image.Infer(tensors));
        Assert.Contains("no image tower", e.Message, StringComparison.Ordinal);
        foreach (var kind in TowerKinds.Image) Assert.Contains(kind.Name, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_kind_has_a_name_of_its_own()
    {
        string[] names = [.. TowerKinds.Image.Select(k => k.Name), .. TowerKinds.Text.Select(k => k.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    private static ModelTensors Made(params string[] names) => new("made.safetensors", Naming.Timm, names.ToDictionary(n => n, n => new ModelTensor(n, [1, 1, 1, 1], [])));
}
