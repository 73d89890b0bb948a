using NClip.Checkpoints;
using NClip.Tests;
using NClip.Training.Towers;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Towers;

public class MobileNetV2Tests
{
    [Fact]
    public void Features_and_logits_equal_the_published_network_where_its_file_is_there()
    {
        if (Reference.SharedRoot("data/towers/mobilenet_v2_1.0_224.safetensors") is not { } path)
        {
            // A clone has no weights of this network; the shapes of the towers below hold there.
            return;
        }
        using var store = new ParameterStore();
        using var checkpoint = StateDict.Open(path);
        store.Load(checkpoint);
        using var expected = StateDict.Open(Path.ChangeExtension(path, ".expected.safetensors"));
        var tower = new MobileNetV2(store, "");
        using var _ = no_grad();
        var pooled = tower.Forward(expected.Torch("images"));
        Assert.True(Tensors.LargestDifference(pooled, expected.Torch("pooled_f64")) < 5e-5);
        Assert.True(Tensors.LargestDifference(tower.Classify(pooled), expected.Torch("logits_f64")) < 5e-5);
    }
}
