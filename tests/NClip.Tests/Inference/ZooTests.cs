using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Inference;
using NClip.Proof;
using NClip.Text;
using NClip.Towers.Blocks;
using NClip.Towers.Image;
using NClip.Towers.Text;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>Families whose answer hangs on what no tensor shows.</summary>
public sealed class ZooTests
{
    [Theory]
    [InlineData("metaclip2_hf", "model.safetensors")]
    [InlineData("altclip_hf", "model.safetensors")]
    [InlineData("jina_clip_v2", "model.safetensors")]
    [InlineData("text_mt5", "open_clip_model.safetensors")]
    [InlineData("text_nllb", "open_clip_model.safetensors")]
    [InlineData("text_xlm_roberta", "open_clip_model.safetensors")]
    [InlineData("siglip2_b32", "open_clip_model.safetensors")]
    [InlineData("siglip2_so400m14", "open_clip_model.safetensors")]
    [InlineData("siglip2_so400m14", "model.safetensors", "expected_hf")]          // tanh GELU, as transformers has it
    [InlineData("siglip2_naflex", "model.safetensors")]                           // positions by a triangle
    [InlineData("siglip2_naflex", "open_clip_model.safetensors", "expected_open_clip")] // by a cubic
    [InlineData("mobileclip2_l14", "open_clip_model.safetensors")]
    public void Features_and_logits_of_a_newer_family_equal_the_f64_reference(string folder, string weights, string expected = "expected")
    {
        using var model = ClipModel.Load(Reference.Path($"zoo/{folder}/{weights}"), null, new TowerOptions(Threads: 1));
        var report = ModelVerification.Run(model, Reference.Path($"zoo/{folder}/{expected}.safetensors"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{folder}/{weights}: {string.Join(", ", report.Tensors)}");
        Assert.Equal(5, report.Tensors.Count);
        Assert.All(report.Tensors, t => Assert.True(t.Passed, $"{folder}: {t}"));
    }

    [Fact] // timm's vit_medium_patch16_gap has none
    public void A_block_without_biases_of_query_key_and_value_is_one_with_zeros()
    {
        using var folder = new TemporaryFolder();
        using var file = StateDict.Open(Reference.Path("zoo/siglip2_b32/open_clip_model.safetensors"));
        float[] Features(string name, bool zeros)
        {
            static bool IsBias(TensorEntry t) => t.Name.StartsWith("visual.trunk.blocks.", StringComparison.Ordinal) && t.Name.EndsWith(".qkv.bias", StringComparison.Ordinal);
            Assert.Equal(2, file.Tensors.Values.Count(IsBias));
            Directory.CreateDirectory(folder[name]);
            folder.Copy("zoo/siglip2_b32/open_clip_config.json", name + "/open_clip_config.json");
            Safetensors.Write(folder[name + "/open_clip_model.safetensors"], file.Tensors.Values.Where(t => zeros || !IsBias(t)).Select(t => (t.Name, t.Type, t.Shape, IsBias(t) ? new byte[t.ByteLength] : t.Bytes())));
            using var model = ClipModel.Load(folder[name], null, new TowerOptions(Threads: 1));
            using var inputs = StateDict.Open(Reference.Path("zoo/siglip2_b32/inputs.safetensors"));
            return model.EncodeImages(inputs.Tensors["images"].ToFloat32(), 2);
        }
        Assert.Equal(Features("zeros", zeros: true), Features("none", zeros: false));
    }

    [Fact]
    public void MetaClip2_texts_begin_end_and_are_filled_with_the_ids_of_its_configuration()
    {
        using var model = ClipModel.Load(Reference.Path("zoo/metaclip2_hf/model.safetensors"), null, new());
        Assert.Equal((0, 2, 1), (model.Spec.Context.StartId, model.Spec.Context.EndId, model.Spec.Context.PadId));
        Assert.Equal((TextPooling.EndToken, 2), (((TextTransformerSpec)model.Spec.Text).Pooling, ((TextTransformerSpec)model.Spec.Text).EndId));
    }

    [Theory]
    [InlineData("altclip_hf", "model.safetensors", 0, 2, 1)]
    [InlineData("jina_clip_v2", "model.safetensors", 0, 2, 1)]
    [InlineData("text_mt5", "open_clip_model.safetensors", null, 1, 0)]
    [InlineData("text_nllb", "open_clip_model.safetensors", 299, 2, 1)]
    [InlineData("text_xlm_roberta", "open_clip_model.safetensors", 0, 2, 1)]
    public void Texts_of_a_family_without_tokenizer_files_have_its_special_ids(string folder, string weights, int? start, int end, int pad)
    {
        using var model = ClipModel.Load(Reference.Path($"zoo/{folder}/{weights}"), null, new());
        Assert.Equal((start, (int?)end, pad), (model.Spec.Context.StartId, model.Spec.Context.EndId, model.Spec.Context.PadId));
        Assert.Throws<TokenizerException>(() => model.Spec.Texts.Tokenizer.Encode("a dog")); // OpenAI's vocabulary is not theirs
    }

    [Theory]
    [InlineData("vit_base_patch32_siglip_256", true)]
    [InlineData("vit_base_patch32_siglip_256.v2_webli", true)]
    [InlineData("vit_base_patch32_siglip_gap_256", false)]
    [InlineData("vit_base_patch16_siglip_224", false)]
    [InlineData("vit_base_patch16_siglip_256", false)]
    [InlineData("vit_base_patch16_siglip_384", false)]
    [InlineData("vit_base_patch16_siglip_512", false)]
    [InlineData("vit_large_patch16_siglip_256", false)]
    [InlineData("vit_large_patch16_siglip_384", false)]
    [InlineData("vit_large_patch16_siglip_512", true)]
    [InlineData("vit_so400m_patch14_siglip_224", false)]
    [InlineData("vit_so400m_patch14_siglip_378", false)]
    [InlineData("vit_so400m_patch14_siglip_384", false)]
    [InlineData("vit_so400m_patch16_siglip_256", true)]
    [InlineData("vit_so400m_patch16_siglip_384", true)]
    [InlineData("vit_so400m_patch16_siglip_512", true)]
    [InlineData("vit_giantopt_patch16_siglip_256", true)]
    [InlineData("vit_giantopt_patch16_siglip_384", true)]
    [InlineData("naflexvit_base_patch16_siglip", true)]
    [InlineData("naflexvit_so400m_patch16_siglip", true)]
    public void The_timm_name_says_which_GELU_a_SigLIP_trunk_has(string name, bool tanh)
    {
        using var folder = new TemporaryFolder();
        folder.Write("open_clip_config.json", File.ReadAllText(Reference.Path("zoo/siglip2_b32/open_clip_config.json")).Replace("vit_base_patch32_siglip_256", name, StringComparison.Ordinal));
        using var file = StateDict.Open(Reference.Path("zoo/siglip2_b32/open_clip_model.safetensors"));
        var spec = SpecReader.Read(NamingMap.Apply(file), file.Path, folder["open_clip_config.json"]);
        Assert.Equal(tanh ? Activation.GeluTanh : Activation.Gelu, ((VisionTransformerSpec)spec.Image).Block.Activation);
        Assert.Equal(Activation.GeluTanh, ((TextTransformerSpec)spec.Text).Block.Activation); // its act_kwargs say so
    }
}
