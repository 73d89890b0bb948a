using NClip.Training.Optimization;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Optimization;

public sealed class ParameterRulesTests
{
    [Theory]
    [InlineData("a_openai_vit")]
    [InlineData("b_openai_resnet")]
    [InlineData("e1_siglip_gelu")]
    public void Decayed_is_what_open_clip_decays(string folder)
    {
        using var run = new ReferenceRun(folder, ScalarType.Float32, $"train/{folder}.json");
        var weights = run.Model.Weights;
        var decayed = run.Stored.Where(s => weights[s.Canonical].requires_grad && ParameterRules.Decays(s.Canonical, weights[s.Canonical])).Select(s => s.Name);
        Assert.Equal(run.Json.GetProperty("decayed").EnumerateArray().Select(n => n.GetString()!).Order(StringComparer.Ordinal), decayed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_locked_tower_is_unlocked_from_its_projection_down()
    {
        string[] Unlocked(int groups)
        {
            using var run = new ReferenceRun("a_openai_vit", ScalarType.Float32, "train/a_openai_vit.json");
            ParameterRules.Lock(run.Model.Weights.Where(ParameterRules.IsImage), groups);
            return [.. run.Model.Weights.Where(n => ParameterRules.IsImage(n) && run.Model.Weights[n].requires_grad).Select(w => w.Name)];
        }
        Assert.Empty(Unlocked(0));
        Assert.Equal(["visual.proj"], Unlocked(1));
        var two = Unlocked(2);
        Assert.Contains("visual.ln_post.weight", two);
        Assert.Contains("visual.transformer.resblocks.1.mlp.c_fc.weight", two);
        Assert.DoesNotContain(two, n => n.Contains("resblocks.0", StringComparison.Ordinal) || n == "visual.conv1.weight");
        Assert.Contains("visual.conv1.weight", Unlocked(4));
    }

    [Fact]
    public void Rates_fall_from_the_projection_down_to_the_embeddings()
    {
        string[] names = ["visual.conv1.weight", "visual.transformer.resblocks.0.ln_1.weight", "visual.transformer.resblocks.1.ln_1.weight", "visual.ln_post.weight", "visual.proj", "token_embedding.weight", "transformer.resblocks.0.ln_1.bias", "text_projection", "logit_scale"];
        var rate = ParameterRules.LayerRate(names, 0.5);
        Assert.Equal([0.125, 0.25, 0.5, 0.5, 1, 0.25, 0.5, 1, 1], names.Select(rate));
    }

    [Theory]
    [InlineData("visual.layer4.0.conv1.weight", 4)]
    [InlineData("visual.attnpool.c_proj.weight", 5)]
    [InlineData("visual.bn1.weight", 0)]
    public void Stages_of_a_ResNet_are_its_blocks(string name, int depth)
        => Assert.Equal(depth, new LayerDepth(["visual.bn1.weight", "visual.layer1.0.conv1.weight", "visual.layer4.0.conv1.weight", "visual.attnpool.c_proj.weight"])[name]);
}
