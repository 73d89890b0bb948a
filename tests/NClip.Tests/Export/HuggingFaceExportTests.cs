using System.Security.Cryptography;
using System.Text.Json;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Export;
using NClip.Inference;
using NClip.Proof;
using NClip.Tests.Inference;
using NClip.Text;
using NClip.Text.HuggingFace;
using NClip.Towers;
using Xunit;

namespace NClip.Tests.Export;

/// <summary>Truth: the reference features, and the names, shapes and configurations of the reference files that have transformers' names.</summary>
public sealed class HuggingFaceExportTests : IDisposable
{
    /// <summary>The tiny models that transformers has no class for, and what it says.</summary>
    private static readonly Dictionary<string, string> _refused = new()
    {
        ["b_openai_resnet"] = "a ViT as image tower (CLIPModel, SiglipModel, ChineseCLIPModel)",
        ["c2_openclip_avg_pool"] = "an image tower that pools its class token (CLIPModel, ChineseCLIPModel)",
        ["c3_openclip_avg_pool_ln_first"] = "an image tower that pools its class token (CLIPModel, ChineseCLIPModel)",
        ["c4_openclip_layer_scale"] = "plain blocks in the image tower",
        ["c5_openclip_text_no_mask_last"] = "a causal text tower (CLIPModel)",
        ["c7_openclip_text_first_no_proj"] = "a causal text tower (CLIPModel)",
        ["c9_openclip_rect_quickgelu_mlp"] = "square pictures",
        ["c11_openclip_attentional_pool"] = "an image tower that pools its class token (CLIPModel, ChineseCLIPModel)",
        ["c12_openclip_custom_blocks"] = "plain blocks in the image tower",
        ["c13_openclip_resnet"] = "a ViT as image tower",
        ["g_coca"] = "an image tower that pools its class token (CLIPModel, ChineseCLIPModel)",
        ["f1_resnet_bert_mean_mlp"] = "a ViT as image tower",
        ["f2_resnet50_bert_cls_linear"] = "a ViT as image tower",
        ["f3_vit_roberta_mean_mlp"] = "a norm before the image tower's blocks (CLIPModel, ChineseCLIPModel)",
        ["f4_convnext_roberta_cls_last"] = "a ViT as image tower",
        ["i_align"] = "a ViT as image tower",
    };

    private readonly TemporaryFolder _folder = new(), _source = new();

    private string Exported => _folder["exported"];

    [Theory, MemberData(nameof(TinyModelTests.Cases), MemberType = typeof(TinyModelTests))]
    public void An_exported_model_gives_the_reference_features_and_the_originals_to_the_bit_or_is_refused(string from, string folder, string weights, string expected)
    {
        var (file, reference) = TinyModelTests.Find(from, folder, weights, expected, _source);
        using var original = ClipModel.Load(file, null, new TowerOptions(Threads: 1));
        if (_refused.TryGetValue(folder, out var why))
        {
            var e = Assert.Throws<ClipException>(() => HuggingFaceExport.Write(original, file, Exported));
            Assert.Equal(file, e.File);
            Assert.Contains(why, e.Message, StringComparison.Ordinal);
            Assert.Contains("--format onnx", e.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
            return;
        }

        HuggingFaceExport.Write(original, file, Exported);
        using var model = ClipModel.Load(Exported, null, new TowerOptions(Threads: 1));
        Assert.All(ModelVerification.Run(model, reference).Tensors, t => Assert.True(t.Passed, $"{folder}/{weights}: {t}"));

        using var inputs = StateDict.Open(Path.Combine(Path.GetDirectoryName(reference)!, "inputs.safetensors"));
        var (pixels, tokens) = (inputs.Tensors["images"].ToFloat32(), Array.ConvertAll(inputs.Tensors["tokens"].ToFloat32(), t => (long)t));
        Assert.Equal(original.EncodeImages(pixels, 3), model.EncodeImages(pixels, 3));
        Assert.Equal(original.EncodeTexts(tokens, 4), model.EncodeTexts(tokens, 4));
        Assert.Equal((original.LogitScale, original.LogitBias), (model.LogitScale, model.LogitBias));

        Assert.Equal(Fingerprint.Of(original.Tensors), Fingerprint.Of(model.Tensors));
        Assert.All(model.Tensors.Tensors, t => Assert.Equal(original.Tensors[t.Key].Type, t.Value.Type));
        var (was, now) = (original.Spec.Preprocess, model.Spec.Preprocess);
        Assert.Equal((was.Width, was.Height, was.Resize, was.Interpolation), (now.Width, now.Height, now.Resize, now.Interpolation));
        Assert.Equal([.. was.Mean, .. was.Std], (float[])[.. now.Mean, .. now.Std]);
    }

    /// <summary>A weight file, and the folder of the same model in transformers' names.</summary>
    public static TheoryData<string, string> Pairs()
    {
        var data = new TheoryData<string, string>
        {
            { Reference.Path("model_tiny/d1_hf_quickgelu_eos2/model.safetensors"), "d1_hf_quickgelu_eos2" },
            { Reference.Path("model_tiny/d2_hf_gelu_eos/model.safetensors"), "d2_hf_gelu_eos" },
            { Reference.Path("model_tiny/e1_siglip_gelu/open_clip_model.safetensors"), "e1_siglip_gelu/hf" },
            { Reference.Path("model_tiny/e1_siglip_gelu/hf/model.safetensors"), "e1_siglip_gelu/hf" },
            { Reference.Path("model_tiny/h_chinese_clip/original_names.pt"), "h_chinese_clip" },
        };
        return data;
    }

    [Fact]
    public void A_NaFlex_model_becomes_the_Siglip2Model_that_it_was()
    {
        var source = Reference.Path("zoo/siglip2_naflex/model.safetensors");
        Export(source);
        Assert.All(ModelVerification.Run(ClipModel.Load(Exported, null, new TowerOptions(Threads: 1)), Reference.Path("zoo/siglip2_naflex/expected.safetensors")).Tensors, t => Assert.True(t.Passed, $"{t}"));
        using (var original = ClipModel.Load(source, null, new TowerOptions()))
        using (var model = ClipModel.Load(Exported, null, new TowerOptions()))
        {
            Assert.Equal((original.Spec.Image, original.Spec.Text, original.Spec.Preprocess.Patches), (model.Spec.Image, model.Spec.Text, model.Spec.Preprocess.Patches));
            Assert.Equal(Fingerprint.Of(original.Tensors), Fingerprint.Of(model.Tensors));
        }
        foreach (var file in (string[])["config.json", "preprocessor_config.json"])
        {
            var (want, found) = (Fields(Reference.Path("zoo/siglip2_naflex/" + file)), Fields(Path.Combine(Exported, file)));
            foreach (var (name, value) in want.Where(f => f.Key is not ("initializer_factor" or "do_convert_rgb")))
                Assert.True(found.TryGetValue(name, out var v) && v == value, $"{file}: {name} is {v}, expected {value}");
        }
    }

    [Fact]
    public void A_NaFlex_model_whose_positions_a_cubic_resizes_is_refused()
    {
        var file = Reference.Path("zoo/siglip2_naflex/open_clip_model.safetensors");
        using var original = ClipModel.Load(file, null, new TowerOptions());
        Assert.Contains("a triangle filter", Assert.Throws<ClipException>(() => HuggingFaceExport.Write(original, file, Exported)).Message, StringComparison.Ordinal);
    }

    [Fact] // Only in the whole reference set; KeyListTests has the published names of that kind.
    public void OpenAIs_names_of_the_same_weights_become_the_transformers_file() =>
        Names_shapes_types_and_configuration_are_those_of_the_transformers_file(Reference.NeedShared("model_tiny/d1_hf_quickgelu_eos2/same_weights_openai_names.safetensors"), "d1_hf_quickgelu_eos2");

    [Theory, MemberData(nameof(Pairs))]
    public void Names_shapes_types_and_configuration_are_those_of_the_transformers_file(string file, string reference)
    {
        Export(file);

        string[] List(string folder)
        {
            using var tensors = StateDict.Open(folder);
            Assert.Equal("pt", tensors.Metadata["format"]);
            return [.. tensors.Tensors.Values.Select(t => $"{t.Name} {t.Type} {ModelTensors.Show(t.Shape)} {Convert.ToHexString(SHA256.HashData(t.Bytes().Span))}").Order(StringComparer.Ordinal)];
        }
        Assert.Equal(List(Reference.Path("model_tiny/" + reference)), List(Exported));

        var (want, found) = (Fields(Path.Combine(Reference.Path("model_tiny/" + reference), "config.json")), Fields(Path.Combine(Exported, "config.json")));
        // transformers' defaults need not be written; its SigLIP towers use neither end of a text.
        foreach (var (name, value) in want.Where(f => !f.Key.EndsWith(".attention_dropout", StringComparison.Ordinal) && !(reference.StartsWith('e') && f.Key is "text_config.bos_token_id" or "text_config.eos_token_id")))
            Assert.True(found.Remove(name, out var v) && v == value, $"config.json: {name} is {v}, expected {value}");
        Assert.Empty(found.Keys.Except(["torch_dtype", "logit_scale_init_value"]));
    }

    [Fact]
    public void A_model_with_OpenAIs_vocabulary_gets_the_published_tokenizer_files()
    {
        Export(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));
        string Sha256(string name) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Exported, name))));
        // Of files that others published: merges.txt is openai/clip-vit-large-patch14's, vocab.json that of an ONNX export of CLIP.
        Assert.Equal("9fd691f7c8039210e0fced15865466c65820d09b63988b0174bfe25de299051a", Sha256("merges.txt"));
        Assert.Equal("5047b556ce86ccaf6aa22b3ffccfc52d391ea4accdab9c2f2407da5b742d4363", Sha256("vocab.json"));

        var texts = TokenizerFolder.Load(Exported);
        Assert.Equal(new ContextSpec(77, 49406, 49407, 49407), texts.Context);
        foreach (var line in File.ReadLines(Reference.Path("tokenizer/cases.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            var ids = json.RootElement.TryGetProperty("ids_hf_fast", out var own) ? own : json.RootElement.GetProperty("ids");
            Assert.Equal(ids.EnumerateArray().Select(i => i.GetInt32()), texts.Tokenizer.Encode(json.RootElement.GetProperty("text").GetString()!));
        }
    }

    [Fact]
    public void Tokenizer_files_beside_the_weights_are_copied_and_no_other_configuration()
    {
        foreach (var file in Directory.GetFiles(Reference.Path("model_tiny/e1_siglip_gelu"))) File.Copy(file, _source[Path.GetFileName(file)]);
        File.Copy(Reference.Path("tokenizer_other/spm_unigram.model"), _source["spiece.model"]);
        File.WriteAllText(_source["tokenizer_config.json"], """{"tokenizer_class": "SiglipTokenizer"}""");
        File.WriteAllText(_source["LICENSE"], "Apache-2.0");
        Export(_source["open_clip_model.safetensors"]);
        Assert.Equal(["LICENSE", "config.json", "model.safetensors", "preprocessor_config.json", "spiece.model", "tokenizer_config.json"], Directory.GetFiles(Exported).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(_source["spiece.model"]), File.ReadAllBytes(Path.Combine(Exported, "spiece.model")));
    }

    [Theory]
    [InlineData("a_openai_vit/model_f16.safetensors", "float16")]
    [InlineData("a_openai_vit/model_bf16.safetensors", "bfloat16")]
    [InlineData("a_openai_vit/state_dict_mixed_f16.pt", "float32")] // transformers would round the float32 ones if it said float16
    public void The_element_type_in_the_configuration_holds_every_tensor_without_loss(string file, string type)
    {
        Export(Reference.Path("model_tiny/" + file));
        Assert.Equal($"\"{type}\"", Fields(Path.Combine(Exported, "config.json"))["torch_dtype"]);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _source.Dispose();
    }

    private void Export(string file)
    {
        using var model = ClipModel.Load(file, null, new TowerOptions());
        HuggingFaceExport.Write(model, file, Exported);
    }

    /// <summary>Every value by its path, numbers as numbers.</summary>
    private static Dictionary<string, string> Fields(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        IEnumerable<(string, string)> Walk(string at, JsonElement e) => e.ValueKind switch
        {
            JsonValueKind.Object => e.EnumerateObject().SelectMany(p => Walk(at.Length == 0 ? p.Name : $"{at}.{p.Name}", p.Value)),
            JsonValueKind.Array => e.EnumerateArray().Index().SelectMany(i => Walk($"{at}[{i.Index}]", i.Item)),
            JsonValueKind.Number => [(at, e.GetDouble().ToString("R", null))],
            _ => [(at, e.GetRawText())],
        };
        return Walk("", json.RootElement).ToDictionary(f => f.Item1, f => f.Item2);
    }
}
