using System.Runtime.InteropServices;
using NClip.Architectures;
using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Architectures;

/// <summary>Layers that a file keeps as branches.</summary>
public sealed class MergedBranchesTests
{
    private const string Layer = "visual.trunk.stem.2";

    [Fact]
    public void Branches_become_the_convolutions_that_the_merged_file_holds()
    {
        using var branches = StateDict.Open(Reference.Path("zoo/mobileclip_s1/open_clip_model.safetensors"));
        using var merged = StateDict.Open(Reference.Path("zoo/mobileclip_s1/apple_reparameterised.safetensors"));
        var (ours, theirs) = (NamingMap.Apply(branches), NamingMap.Apply(merged));
        Assert.Equal(theirs.Tensors.Keys.Append("visual.proj.bias").Order(StringComparer.Ordinal), ours.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var t in theirs.Tensors.Values)
        {
            Assert.Equal(t.Shape, ours[t.Name].Shape);
            var (a, b) = (t.ToFloat32(), ours[t.Name].ToFloat32());
            for (var i = 0; i < a.Length; i++) Assert.True(Math.Abs(a[i] - b[i]) <= 4e-7 * Math.Max(1, Math.Abs(a[i])), $"{t.Name}[{i}]: {b[i]} instead of {a[i]}");
        }
    }

    [Fact]
    public void A_layer_is_the_sum_of_its_branches_in_float64()
    {
        // One channel; batch norms of variance 1 - 1e-5 divide by 1.
        var t = NamingMap.Apply(File([
            ("conv_kxk.0.conv.weight", [1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]), ("conv_scale.conv.weight", [1, 1, 1, 1], [100]),
            .. Norm("conv_kxk.0.bn", 2, 1, 3), .. Norm("conv_scale.bn", 1, 0, 0), .. Norm("identity", 1000, 7, 0.5f)]));
        Assert.Equal([2, 4, 6, 8, 10 + 100 + 1000, 12, 14, 16, 18], t[Layer + ".reparam_conv.weight"].ToFloat32(), (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.Equal([1 - (2 * 3) + 7 - (1000 * 0.5f)], t[Layer + ".reparam_conv.bias"].ToFloat32(), (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.Equal(2, t.Tensors.Count);
    }

    [Fact]
    public void A_branch_that_lacks_a_tensor_is_refused_by_its_name() =>
        Refused("'visual.trunk.stem.2.conv_kxk.0.bn.running_var'", [("conv_kxk.0.conv.weight", [1, 1, 3, 3], new float[9]), .. Norm("conv_kxk.0.bn", 1, 0, 0).Where(n => !n.Name.EndsWith("running_var", StringComparison.Ordinal))]);

    [Fact]
    public void A_kernel_that_does_not_fit_the_others_is_refused_with_both_shapes()
    {
        var e = Refused("[1, 1, 2, 2]", [("conv_kxk.0.conv.weight", [1, 1, 3, 3], new float[9]), ("conv_scale.conv.weight", [1, 1, 2, 2], new float[4]), .. Norm("conv_kxk.0.bn", 1, 0, 0), .. Norm("conv_scale.bn", 1, 0, 0)]);
        Assert.Contains("[1, 1, 3, 3]", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_norm_of_other_channels_is_refused() =>
        Refused("has shape [2]", [("conv_kxk.0.conv.weight", [1, 1, 3, 3], new float[9]), .. Norm("conv_kxk.0.bn", 1, 0, 0), ("identity.weight", [2], new float[2]), ("identity.bias", [1], [0]), ("identity.running_mean", [1], [0]), ("identity.running_var", [1], [1])]);

    [Fact]
    public void A_layer_in_both_forms_is_refused() =>
        Refused("as branches and merged", [("conv_kxk.0.conv.weight", [1, 1, 3, 3], new float[9]), .. Norm("conv_kxk.0.bn", 1, 0, 0), ("reparam_conv.weight", [1, 1, 3, 3], new float[9])]);

    [Fact]
    public void A_layer_without_a_convolution_is_refused() => Refused("no convolution among its branches", [.. Norm("identity", 1, 0, 0)]);

    private static CheckpointException Refused(string said, params (string Name, long[] Shape, float[] Values)[] tensors)
    {
        var e = Assert.Throws<CheckpointException>(() => NamingMap.Apply(File(tensors)));
        Assert.Equal("model.safetensors", e.File);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        return e;
    }

    private static IEnumerable<(string Name, long[] Shape, float[] Values)> Norm(string at, float weight, float bias, float mean) =>
        [(at + ".weight", [1], [weight]), (at + ".bias", [1], [bias]), (at + ".running_mean", [1], [mean]), (at + ".running_var", [1], [1 - 1e-5f])];

    private static StateDict File(params (string Name, long[] Shape, float[] Values)[] tensors) => new("model.safetensors", tensors.ToDictionary(
        t => $"{Layer}.{t.Name}",
        t => TensorEntry.Computed($"{Layer}.{t.Name}", TensorType.Float32, t.Shape, () => MemoryMarshal.AsBytes(t.Values.AsSpan()).ToArray())));
}
