using NClip.Tests;
using NClip.Training.Models;
using NClip.Training.RunFiles;
using NClip.Training.Tests.Runs;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Models;

/// <summary>Models that begin with random weights.</summary>
public sealed class FreshModelTests
{
    private const string Wide = """
        {"embed_dim": 64, "vision_cfg": {"image_size": 64, "layers": 2, "width": 128, "head_width": 64, "patch_size": 16}, "text_cfg": {"context_length": 32, "vocab_size": 1000, "width": 256, "heads": 4, "layers": 8}}
        """;

    [Fact]
    public void Weights_have_the_spread_that_openai_and_open_clip_give_them()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var spec = FreshSpec.Read(folder.Write("small.json", Wide));
        var weights = new Initialisation(spec, 1).Weights().ToDictionary(w => w.Name, w => w.Value());
        Assert.Equal(spec.Tensors().Select(t => t.Name), weights.Keys);
        Assert.All(spec.Tensors(), t => Assert.Equal(t.Shape, weights[t.Name].shape));
        void Spread(string name, double std) => Assert.Equal(std, weights[name].std().item<float>(), std * 0.06);
        Spread("token_embedding.weight", 0.02);
        Spread("positional_embedding", 0.01);
        Spread("text_projection", Math.Pow(256, -0.5));
        Spread("transformer.resblocks.3.attn.in_proj_weight", Math.Pow(256, -0.5));
        Spread("transformer.resblocks.3.attn.out_proj.weight", Math.Pow(256, -0.5) * Math.Pow(16, -0.5));
        Spread("transformer.resblocks.3.mlp.c_fc.weight", Math.Pow(512, -0.5));
        Spread("transformer.resblocks.3.mlp.c_proj.weight", Math.Pow(256, -0.5) * Math.Pow(16, -0.5));
        Spread("visual.proj", Math.Pow(128, -0.5));
        Spread("visual.positional_embedding", Math.Pow(128, -0.5));
        Spread("visual.conv1.weight", 1 / Math.Sqrt(3.0 * 768));                                         // uniform within 1/√fan
        Spread("visual.transformer.resblocks.0.attn.in_proj_weight", Math.Sqrt(6.0 / (4 * 128) / 3));    // Glorot's uniform
        Spread("visual.transformer.resblocks.0.mlp.c_fc.weight", 1 / Math.Sqrt(3.0 * 128));
        Assert.All(weights["visual.ln_pre.weight"].data<float>().ToArray(), w => Assert.Equal(1, w));
        Assert.Equal(Math.Log(1 / 0.07), weights["logit_scale"].item<float>(), 1e-6);
    }

    [Fact]
    public void Weights_depend_on_seed_and_name_alone()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var spec = FreshSpec.Read(folder.Write("small.json", Wide));
        float[] First(int seed) => new Initialisation(spec, seed).Weights().First(w => w.Name == "visual.proj").Value().data<float>().ToArray();
        Assert.Equal(First(1), First(1));
        Assert.NotEqual(First(1), First(2));
    }

    [Theory]
    [InlineData("""{"embed_dim": 16, "quick_gelu": true, "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 32}, "text_cfg": {"context_length": 8, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}}""")]
    [InlineData("""{"embed_dim": 16, "init_logit_bias": -10, "custom_text": true, "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "pool_type": "avg"}, "text_cfg": {"context_length": 8, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1, "no_causal_mask": true, "pool_type": "last", "proj_bias": true}}""")]
    [InlineData("""{"model_cfg": {"embed_dim": 16, "vision_cfg": {"image_size": [32, 48], "layers": 1, "width": 32, "head_width": 16, "patch_size": 16, "attentional_pool": true, "attn_pooler_queries": 4, "attn_pooler_heads": 4}, "text_cfg": {"context_length": 8, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}}}""")]
    public void A_configuration_becomes_a_folder_that_is_read_as_the_same_model(string config)
    {
        using var folder = new TemporaryFolder();
        using var start = StartingModel.Open(new ModelSettings { Config = folder.Write("small.json", config) }, seed: 1);
        TrainedModelFolder.Write(start, name => start.Model.Weights[name], folder["model"]);
        using var clip = Clip.Pretrained(folder["model"]);
        Assert.Equal((start.Model.Spec.ImageTower, start.Model.Spec.TextTower, start.Model.Spec.Logits), (clip.Spec.ImageTower, clip.Spec.TextTower, clip.Spec.Logits));
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var torch = nn.functional.normalize(start.Model.EncodeTexts(tensor(start.Texts.Tokenize(["a photo of a dog"])).reshape(1, -1)), dim: 1).data<float>().ToArray();
        var onnx = clip.EncodeText("a photo of a dog").Normalized().ToArray();
        Assert.True(torch.Zip(onnx).Sum(p => p.First * p.Second) > 0.99999);
    }

    [Theory]
    [InlineData("""{"embed_dim": 8}""", "has no vision_cfg and text_cfg")]
    [InlineData("""{"vision_cfg": {}, "text_cfg": {}}""", "embed_dim, the width of the features, is missing")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {"timm_model_name": "vit_base_patch16_siglip_224"}, "text_cfg": {}}""", "like = ")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {"width": 100, "head_width": 30}, "text_cfg": {}}""", "100 channels in 3 attention heads")]
    [InlineData("""{"embed_dim": 8, "vision_cfg": {"layers": [1, 2]}, "text_cfg": {}}""", "a number (ViT) or four (ResNet)")]
    public void A_configuration_that_is_none_is_refused_by_name(string config, string said)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(said, Assert.ThrowsAny<ClipException>(() => FreshSpec.Read(folder.Write("small.json", config))).Message);
    }

    [Fact]
    public void Another_model_s_architecture_begins_with_weights_of_its_own()
    {
        using var tiny = new TinyRun();
        using var first = StartingModel.Open(new ModelSettings { Config = tiny.Folder["small.json"] }, seed: 1);
        TrainedModelFolder.Write(first, name => first.Model.Weights[name], tiny.Folder["model"]);
        using var like = StartingModel.Open(new ModelSettings { Like = tiny.Folder["model"] }, seed: 2);
        Assert.Equal(first.Model.Weights.Names, like.Model.Weights.Names);
        Assert.False(first.Model.Weights["visual.proj"].equal(like.Model.Weights["visual.proj"]).all().item<bool>());
    }
}
