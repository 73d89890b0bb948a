using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using NClip.Checkpoints;
using NClip.Export;
using NClip.Inference;
using NClip.Tests.Inference;
using Xunit;

namespace NClip.Tests.Export;

/// <summary>The graphs under Optimum's names, run by plain ONNX Runtime. What transformers.js itself makes of such folders: tests/interop/transformers_js.mjs.</summary>
public sealed class TransformersJsExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Exported => _folder["exported"];

    /// <summary>A tiny model and the tokenizer's files that its folder gets: their ids need not be the tower's here.</summary>
    public static TheoryData<string, string, bool> Models() => new()
    {
        { "a_openai_vit", "model_f32.safetensors", false },
        { "a_openai_vit", "model_f16.safetensors", true },
        { "c2_openclip_avg_pool", "open_clip_model.safetensors", false },
        { "c5_openclip_text_no_mask_last", "open_clip_model.safetensors", false },
        { "e1_siglip_gelu", "hf/model.safetensors", true },
        { "h_chinese_clip", "model.safetensors", false },
        { "b_openai_resnet", "model_f32.safetensors", true },
    };

    [Theory, MemberData(nameof(Models))]
    public void Towers_and_logits_are_the_models_own_with_weights_inside_or_beside(string folder, string file, bool beside)
    {
        using var model = Load(folder, file);
        var spec = model.Spec;
        Parts(model, beside ? 0 : TransformersJsExport.MostInside);
        foreach (var graph in Directory.GetFiles(Exported, "*.onnx")) Assert.Equal(beside, File.Exists(graph + "_data"));

        using var inputs = StateDict.Open(Reference.Path($"model_tiny/{folder}/inputs.safetensors"));
        var (pixels, tokens) = (inputs.Tensors["images"].ToFloat32(), Array.ConvertAll(inputs.Tensors["tokens"].ToFloat32(), t => (long)t));
        var (image, text) = (new Matrix(3, spec.EmbedDim, model.EncodeImages(pixels, 3)), new Matrix(4, spec.EmbedDim, model.EncodeTexts(tokens, 4)));
        var given = new Dictionary<string, (Array Data, long[] Shape)>
        {
            ["pixel_values"] = (pixels, [3, 3, spec.Image.Height, spec.Image.Width]),
            ["input_ids"] = (tokens, [4, tokens.Length / 4]),
            ["attention_mask"] = (Array.ConvertAll(tokens, t => t == spec.Context.PadId ? 0L : 1L), [4, tokens.Length / 4]),
        };
        var sigmoid = folder.StartsWith('e');
        AssertNear(image.Values, Run("vision_model", given, sigmoid ? "pooler_output" : "image_embeds"));
        AssertNear(text.Values, Run("text_model", given, sigmoid ? "pooler_output" : "text_embeds"));
        AssertNear(image.Normalized().Values, Run("model", given, "image_embeds"));
        AssertNear(text.Normalized().Values, Run("model", given, "text_embeds"));
        var logits = image.Normalized().TimesTransposed(text.Normalized(), model.LogitScale, TestContext.Current.CancellationToken).Plus(model.LogitBias);
        AssertNear(logits.Values, Run("model", given, "logits_per_image"));
        AssertNear(logits.Transposed().Values, Run("model", given, "logits_per_text"));
    }

    [Theory, InlineData("a_openai_vit", "model_f32.safetensors"), InlineData("c5_openclip_text_no_mask_last", "open_clip_model.safetensors"), InlineData("e1_siglip_gelu", "hf/model.safetensors"), InlineData("h_chinese_clip", "model.safetensors")]
    public void Rows_that_end_before_the_towers_length_and_masked_ids_count_as_padding(string folder, string file)
    {
        using var model = Load(folder, file);
        var (row, length) = (model.Spec.Context, model.Spec.ContextLength);
        long[] used = [row.StartId ?? 5, 7, 8, row.EndId ?? 9];
        long[] padded = [.. used, .. Enumerable.Repeat((long)row.PadId, length - used.Length)];
        var expected = model.EncodeTexts(padded, 1);
        Parts(model, TransformersJsExport.MostInside);
        AssertNear(expected, Run("text_model", new() { ["input_ids"] = (used, [1, used.Length]), ["attention_mask"] = (Enumerable.Repeat(1L, used.Length).ToArray(), [1, used.Length]) }, "text_embeds"));
        if (folder.StartsWith('e')) return;
        var pixels = new float[3 * model.Spec.Image.Height * model.Spec.Image.Width];
        AssertNear(new Matrix(1, expected.Length, expected).Normalized().Values, Run("model", new()
        {
            ["pixel_values"] = (pixels, [1, 3, model.Spec.Image.Height, model.Spec.Image.Width]),
            ["input_ids"] = ((long[])[.. used, 6, 6], [1, used.Length + 2]),
            ["attention_mask"] = ((long[])[1, 1, 1, 1, 0, 0], [1, used.Length + 2]),
        }, "text_embeds"));
    }

    [Fact]
    public void The_folder_has_what_transformers_js_looks_for()
    {
        var source = Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors");
        using (var model = ClipModel.Load(source, null, new TowerOptions())) TransformersJsExport.Write(model, source, Exported, mostInside: 1_000_000, TestContext.Current.CancellationToken);
        string[] files = [.. Directory.GetFiles(Exported, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Exported, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        Assert.Equal(["config.json", "onnx/model.onnx", "onnx/model.onnx_data", "onnx/text_model.onnx", "onnx/text_model.onnx_data", "onnx/vision_model.onnx", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"], files);
        var (config, tokenizer, pictures) = (Json("config.json"), Json("tokenizer_config.json"), Json("preprocessor_config.json"));
        Assert.Equal(("clip", "CLIPModel", 32), (config.GetProperty("model_type").GetString(), config.GetProperty("architectures")[0].GetString(), config.GetProperty("vision_config").GetProperty("image_size").GetInt32()));
        var own = config.GetProperty("transformers.js_config");
        Assert.Equal("fp32", own.GetProperty("dtype").GetString());
        Assert.Equal(["text_model.onnx", "model.onnx"], own.GetProperty("use_external_data_format").EnumerateObject().Select(p => p.Name));
        Assert.Equal(("CLIPTokenizer", 77, "<|endoftext|>"), (tokenizer.GetProperty("tokenizer_class").GetString(), tokenizer.GetProperty("model_max_length").GetInt32(), tokenizer.GetProperty("pad_token").GetString()));
        Assert.Equal("CLIPImageProcessor", pictures.GetProperty("image_processor_type").GetString());
        using var session = new InferenceSession(Path.Combine(Exported, "onnx/model.onnx")); // with its data beside it
        Assert.Equal(["input_ids", "pixel_values", "attention_mask"], session.InputNames);
        Assert.Equal(["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"], session.OutputNames);
    }

    [Fact]
    public void A_model_without_a_tokenizer_is_refused_with_what_it_needs()
    {
        using var model = Load("e1_siglip_gelu", "hf/model.safetensors");
        var e = Assert.Throws<ClipException>(() => TransformersJsExport.Write(model, Reference.Path("model_tiny/e1_siglip_gelu/hf"), Exported));
        Assert.Contains("tokenizer.json", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Exported));
    }

    public void Dispose() => _folder.Dispose();

    private ClipModel Load(string folder, string file)
    {
        var path = Path.Combine(Reference.Path("model_tiny/" + folder), file);
        return ClipModel.Load(File.Exists(path) ? path : FormulaCase.Write(folder, _folder), null, new TowerOptions());
    }

    /// <summary>The graphs alone: most tiny models have no tokenizer.</summary>
    private void Parts(ClipModel model, long mostInside)
    {
        Directory.CreateDirectory(Exported);
        foreach (var part in TransformersJsExport.Parts(model)) TransformersJsExport.Graph(part, model.Tensors, Exported, mostInside, TestContext.Current.CancellationToken);
    }

    private float[] Run(string graph, Dictionary<string, (Array Data, long[] Shape)> given, string output)
    {
        using var session = new InferenceSession(Path.Combine(Exported, graph + ".onnx"));
        OrtValue[] inputs = [.. session.InputNames.Select(n => given[n].Data is float[] f ? OrtValue.CreateTensorValueFromMemory(f, given[n].Shape) : OrtValue.CreateTensorValueFromMemory((long[])given[n].Data, given[n].Shape))];
        using var run = new RunOptions();
        using var outputs = session.Run(run, session.InputNames, inputs, [output]);
        foreach (var i in inputs) i.Dispose();
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private JsonElement Json(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Exported, file)));
        return json.RootElement.Clone();
    }

    private static void AssertNear(ReadOnlySpan<float> expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++) Assert.Equal(expected[i], actual[i], 2e-5f * Math.Max(1, Math.Abs(expected[i])));
    }
}
