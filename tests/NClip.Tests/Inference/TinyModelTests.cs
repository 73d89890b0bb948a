using NClip.Inference;
using NClip.Proof;
using Xunit;

namespace NClip.Tests.Inference;

public sealed class TinyModelTests
{
    /// <summary>Folder, weights, expected values.</summary>
    private static readonly (string Folder, string Weights, string Expected)[] _cases =
    [
        ("a_openai_vit", "model_f32.safetensors", "expected"),
        ("a_openai_vit", "model_f16.safetensors", "expected_f16_weights"),
        ("a_openai_vit", "model_bf16.safetensors", "expected_bf16_weights"),
        ("a_openai_vit", "state_dict.pt", "expected"),
        ("a_openai_vit", "state_dict_mixed_f16.pt", "expected_mixed_f16_weights"),
        ("a_openai_vit", "state_dict_legacy_mixed_f16.pt", "expected_mixed_f16_weights"),
        ("a_openai_vit", "torchscript_f32.pt", "expected"),
        ("a_openai_vit", "torchscript_mixed_f16.pt", "expected_mixed_f16_weights"),
        ("a2_openai_vit_2heads", "state_dict_f16.pt", "expected"),
        ("a3_openai_vit_real_vocab", "model_f16.safetensors", "expected"),
        ("b_openai_resnet", "model_f32.safetensors", "expected"),
        ("b_openai_resnet", "state_dict.pt", "expected"),
        ("b_openai_resnet", "torchscript_mixed_f16.pt", "expected_mixed_f16_weights"),
        ("c1_openclip_vit", "open_clip_model.safetensors", "expected"),
        ("c1_openclip_vit", "epoch_3.pt", "expected"),
        ("c1_openclip_vit", "open_clip_pytorch_model.bin", "expected"),
        ("c2_openclip_avg_pool", "open_clip_model.safetensors", "expected"),
        ("c3_openclip_avg_pool_ln_first", "open_clip_model.safetensors", "expected"),
        ("c4_openclip_layer_scale", "open_clip_model.safetensors", "expected"),
        ("c5_openclip_text_no_mask_last", "open_clip_model.safetensors", "expected"),
        ("c6_openclip_text_eos", "open_clip_model.safetensors", "expected"),
        ("c7_openclip_text_first_no_proj", "open_clip_model.safetensors", "expected"),
        ("c8_openclip_patch_dropout", "open_clip_model.safetensors", "expected"),
        ("c9_openclip_rect_quickgelu_mlp", "open_clip_model.safetensors", "expected"),
        ("c10_openclip_gelu_tanh_eps", "open_clip_model.safetensors", "expected"),
        ("c11_openclip_attentional_pool", "open_clip_model.safetensors", "expected"),
        ("c12_openclip_custom_blocks", "open_clip_model.safetensors", "expected"),
        ("c13_openclip_resnet", "open_clip_model.safetensors", "expected"),
        ("d1_hf_quickgelu_eos2", "model.safetensors", "expected"),
        ("d1_hf_quickgelu_eos2", "pytorch_model.bin", "expected"),
        ("d1_hf_quickgelu_eos2", "same_weights_openai_names.safetensors", "expected"),
        ("d1_hf_quickgelu_eos2", "sharded", "expected"),
        ("d2_hf_gelu_eos", "model.safetensors", "expected"),
        ("d2_hf_gelu_eos", "pytorch_model.bin", "expected"),
        ("e1_siglip_gelu", "open_clip_model.safetensors", "expected"),
        ("e1_siglip_gelu", "hf", "expected"),
        ("e2_siglip_gelu_tanh", "open_clip_model.safetensors", "expected"),
        ("e2_siglip_gelu_tanh", "hf", "expected"),
        ("f1_resnet_bert_mean_mlp", "open_clip_model.safetensors", "expected"),
        ("f2_resnet50_bert_cls_linear", "open_clip_model.safetensors", "expected"),
        ("f3_vit_roberta_mean_mlp", "open_clip_model.safetensors", "expected"),
        ("f4_convnext_roberta_cls_last", "open_clip_model.safetensors", "expected"),
        ("g_coca", "open_clip_model.safetensors", "expected"),
        ("h_chinese_clip", "model.safetensors", "expected"),
        ("h_chinese_clip", "original_names.pt", "expected"),
        ("i_align", "model.safetensors", "expected"),
    ];

    /// <summary>Every case once from the repository, and every file from the whole reference set (skipped where a checkout does not have it).</summary>
    public static TheoryData<string, string, string, string> Cases()
    {
        var data = new TheoryData<string, string, string, string>();
        foreach (var (folder, weights, expected) in _cases)
        {
            var copied = Path.Combine(Reference.Path("model_tiny"), folder, weights);
            if (weights == "hf" ? File.Exists(Path.Combine(copied, "model.safetensors")) : Path.Exists(copied)) data.Add("copied", folder, weights, expected);
            else if (FormulaCase.Exists(folder, weights)) data.Add("by formula", folder, weights, expected);
            data.Add("shared", folder, weights, expected);
        }
        return data;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Features_and_logits_of_a_tiny_model_equal_the_f64_reference(string from, string folder, string weights, string expected)
    {
        using var temporary = new TemporaryFolder();
        var (file, reference) = Find(from, folder, weights, expected, temporary);
        AssertEqual(file, configFile: null, reference, Path.Combine(folder, weights));
        AssertEqual(file, configFile: null, reference, Path.Combine(folder, weights) + " as its file has it", prepack: false); // what a call for a few pictures runs
    }

    /// <summary>Weights and expected values of one of the <see cref="Cases"/>.</summary>
    internal static (string Weights, string Expected) Find(string from, string folder, string weights, string expected, TemporaryFolder temporary)
    {
        var at = from == "shared" ? Reference.NeedShared("model_tiny/" + folder) : Reference.Path("model_tiny/" + folder);
        return (from == "by formula" ? FormulaCase.Write(folder, temporary) : Path.Combine(at, weights), Path.Combine(at, expected + ".safetensors"));
    }

    [Theory, InlineData("open_clip_model.safetensors", "open_clip_config.json"), InlineData("hf/model.safetensors", "hf/config.json")]
    public void A_configuration_given_by_the_caller_goes_before_the_one_beside_the_weights(string weights, string config)
    {
        // e2 is e1's weights with the other GELU.
        var (e1, e2) = (Reference.Path("model_tiny/e1_siglip_gelu"), Reference.Path("model_tiny/e2_siglip_gelu_tanh"));
        AssertEqual(Path.Combine(e1, weights), Path.Combine(e2, config), Path.Combine(e2, "expected.safetensors"), weights + " with e2's " + config);
    }

    private static void AssertEqual(string file, string? configFile, string expected, string name, bool prepack = true)
    {
        using var model = ClipModel.Load(file, configFile, new TowerOptions(Threads: 1, Prepack: prepack));
        var report = ModelVerification.Run(model, expected);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {string.Join(", ", report.Tensors)}");
        Assert.Equal(5, report.Tensors.Count);
        Assert.All(report.Tensors, t => Assert.True(t.Passed, $"{name}: {t}"));
    }
}
