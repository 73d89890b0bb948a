using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Tests;
using NClip.Tests.Inference;
using NClip.Training.Operators;
using Xunit;
using static TorchSharp.torch;

namespace NClip.Training.Tests.Operators;

/// <summary>The library's towers on torch tensors say what the reference says: the pages that write graphs are the ones that train.</summary>
public sealed class TorchTowerTests
{
    /// <summary>Every tiny model whose weights or whose formula the repository has.</summary>
    public static TheoryData<string, string> Cases() => new()
    {
        { "a_openai_vit", "model_f32.safetensors" },
        { "a2_openai_vit_2heads", "" },
        { "b_openai_resnet", "" },
        { "c1_openclip_vit", "open_clip_model.safetensors" },
        { "c2_openclip_avg_pool", "" },
        { "c3_openclip_avg_pool_ln_first", "" },
        { "c4_openclip_layer_scale", "open_clip_model.safetensors" },
        { "c5_openclip_text_no_mask_last", "" },
        { "c6_openclip_text_eos", "" },
        { "c7_openclip_text_first_no_proj", "" },
        { "c9_openclip_rect_quickgelu_mlp", "" },
        { "c10_openclip_gelu_tanh_eps", "" },
        { "c11_openclip_attentional_pool", "" },
        { "c12_openclip_custom_blocks", "open_clip_model.safetensors" },
        { "c13_openclip_resnet", "" },
        { "d1_hf_quickgelu_eos2", "model.safetensors" },
        { "d2_hf_gelu_eos", "model.safetensors" },
        { "e1_siglip_gelu", "open_clip_model.safetensors" },
        { "f1_resnet_bert_mean_mlp", "" },
        { "f2_resnet50_bert_cls_linear", "" },
        { "f3_vit_roberta_mean_mlp", "open_clip_model.safetensors" },
        { "f4_convnext_roberta_cls_last", "open_clip_model.safetensors" },
        { "g_coca", "open_clip_model.safetensors" },
        { "h_chinese_clip", "model.safetensors" },
        { "../zoo/altclip_hf", "model.safetensors" },
        { "../zoo/jina_clip_v2", "model.safetensors" },
        { "../zoo/text_mt5", "open_clip_model.safetensors" },
        { "../zoo/text_nllb", "open_clip_model.safetensors" },
        { "i_align", "model.safetensors" },
        { "../zoo/eva02_b16", "open_clip_model.safetensors" },
        { "../zoo/eva02_e14", "open_clip_model.safetensors" },
        { "../zoo/pe_core_g14", "open_clip_model.safetensors" },
        { "../zoo/vitamin_s", "open_clip_model.safetensors" },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Features_on_torch_tensors_equal_the_f64_reference(string folder, string weights)
    {
        using var temporary = new TemporaryFolder();
        var file = weights.Length == 0 ? FormulaCase.Write(folder, temporary) : Reference.Path($"model_tiny/{folder}/{weights}");
        using var inputs = StateDict.Open(Reference.Path($"model_tiny/{folder}/inputs.safetensors"));
        using var expected = StateDict.Open(Reference.Path($"model_tiny/{folder}/expected.safetensors"));
        // The zoo's rotary tables are float32 numbers, whose last bits are their cosine's.
        foreach (var (type, tolerance) in new[] { (ScalarType.Float32, 2e-5), (ScalarType.Float64, folder.StartsWith("../", StringComparison.Ordinal) ? 1e-6 : folder.StartsWith('f') ? 1e-7 : 1e-8) })
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            using var model = Open(file, type);
            Near("images", model.EncodeImages(inputs.Torch("images").to_type(type)), expected.Torch("image_features_f64"), type, tolerance);
            Near("texts", model.EncodeTexts(inputs.Torch("tokens")), expected.Torch("text_features_f64"), type, tolerance);
        }
    }

    /// <summary>The models' branches are merged when they are read: what is compared is the merged form, in weights of float32.</summary>
    [Theory]
    [InlineData("mobileclip_s0", "apple_names", "expected")]
    [InlineData("mobileclip_s1", "open_clip_model", "expected")]
    [InlineData("mobileclip_b", "apple_names", "expected_apple")]
    [InlineData("mobileclip_b", "open_clip_model", "expected")]
    [InlineData("mobileclip2_s3", "reparameterised", "expected")]
    public void Features_of_a_MobileCLIP_on_torch_tensors_equal_the_f64_reference(string folder, string weights, string expected)
    {
        using var inputs = StateDict.Open(Reference.Path($"zoo/{folder}/inputs.safetensors"));
        using var reference = StateDict.Open(Reference.Path($"zoo/{folder}/{expected}.safetensors"));
        foreach (var (type, tolerance) in new[] { (ScalarType.Float32, 2e-5), (ScalarType.Float64, 5e-6) })
        {
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            using var model = Open(Reference.Path($"zoo/{folder}/{weights}.safetensors"), type);
            long[] shape = [2, 3, model.Spec.Image.Height, model.Spec.Image.Width];
            Near("images", model.EncodeImages(tensor(FormulaWeights.Images(shape)).reshape(shape).to_type(type)), reference.Torch("image_features_f64"), type, tolerance);
            Near("texts", model.EncodeTexts(inputs.Torch("tokens")), reference.Torch("text_features_f64"), type, tolerance);
        }
    }

    [Theory]
    [InlineData("model.safetensors", "expected")]
    [InlineData("open_clip_model.safetensors", "expected_open_clip")]
    public void Features_of_pictures_of_any_shape_on_torch_tensors_equal_the_f64_reference(string weights, string expectedValues)
    {
        const string Folder = "zoo/siglip2_naflex/";
        using var inputs = StateDict.Open(Reference.Path(Folder + "inputs.safetensors"));
        using var expected = StateDict.Open(Reference.Path($"{Folder}{expectedValues}.safetensors"));
        foreach (var (type, tolerance) in new[] { (ScalarType.Float32, 2e-5), (ScalarType.Float64, 1e-8) })
        {
            using var scope = NewDisposeScope();
            using var model = Open(Reference.Path(Folder + weights), type);
            Tensor[] patches = [inputs.Torch("pixel_values").to_type(type), inputs.Torch("pixel_attention_mask"), inputs.Torch("spatial_shapes")];
            var features = model.EncodeImages(patches);
            Near("patches", features.detach(), expected.Torch("image_features_f64"), type, tolerance);
            Near("texts", model.EncodeTexts(inputs.Torch("tokens")).detach(), expected.Torch("text_features_f64"), type, tolerance);
            Near("a whole picture", model.EncodeImages(inputs.Torch("image.0").to_type(type).unsqueeze(0)).detach(), expected.Torch("image_features_f64").narrow(0, 0, 1), type, tolerance);
            features.sum().backward();
            Assert.True(model.Weights["visual.positional_embedding"].grad!.abs().amin(1).IsNot(0).all().item<bool>(), "every position of the table is learned");
        }
    }

    [Fact]
    public void Patch_dropout_leaves_out_its_share_and_keeps_the_class_token()
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var ops = new TorchOperators(new ParameterStore(), new TrainingMode(PatchDropout: 0.5, Random: new Generator(7)));
        var x = HeldScalars.Range(0, 2 * 9 * 3, ScalarType.Float32).reshape(2, 9, 3);
        var (some, length) = ops.Patches(x, 9, kept: 1);
        Assert.Equal(5, length.Number);
        Assert.Equal([2L, 5, 3], some.shape);
        Assert.True(some.select(1, 0).equal(x.select(1, 0)).all().item<bool>());
        float[] rows = [.. some.narrow(1, 1, 4).select(2, 0).data<float>()];
        Assert.Equal(8, rows.Distinct().Count());                       // four patches of each picture, none twice
        Assert.All(rows, r => Assert.Equal(0, r % 3));
        Assert.True(ops.Patches(x, 9, kept: 1).Tokens.equal(some).all().item<bool>() is false, "the next call draws anew");
    }

    [Fact]
    public void Training_statistics_move_and_inference_leaves_them()
    {
        using var temporary = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = Open(FormulaCase.Write("b_openai_resnet", temporary), ScalarType.Float32);
        using var inputs = StateDict.Open(Reference.Path("model_tiny/b_openai_resnet/inputs.safetensors"));
        var mean = model.Weights["visual.bn1.running_mean"];
        var before = mean.clone();
        model.EncodeImages(inputs.Torch("images"));
        Assert.True(mean.equal(before).all().item<bool>());
        model.EncodeImages(inputs.Torch("images"), new TrainingMode());
        Assert.False(mean.equal(before).all().item<bool>());
        Assert.False(mean.requires_grad);
    }

    internal static TorchModel Open(string file, ScalarType type)
    {
        using var state = StateDict.Open(file);
        var tensors = NamingMap.Apply(state);
        return TorchModel.Of(SpecReader.Read(tensors, file, null), tensors, type);
    }

    private static void Near(string what, Tensor actual, Tensor expected, ScalarType type, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        var rms = Math.Max(1, expected.to_type(ScalarType.Float64).norm().item<double>() / Math.Sqrt(expected.numel()));
        var off = Tensors.LargestDifference(actual, expected) / rms;
        Assert.True(off < tolerance, $"{what} in {type} differ from the reference by {off:g3}; {tolerance:g2} is allowed");
    }
}
