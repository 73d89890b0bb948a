using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NClip.Checkpoints;
using NClip.Towers.Text;
using NClip.Training.Data;
using NClip.Training.Operators;

namespace NClip.Training.Mini;

/// <summary>Writes the model's folder in open_clip's layout: config, weights as float16, tokenizer, words that training met, templates.</summary>
internal sealed class MiniExport(MiniPaths paths)
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Write(string checkpoint, int layers, string folder)
    {
        Directory.CreateDirectory(folder);
        var vocabulary = File.ReadAllLines(Path.Combine(paths.Work, "vocab.txt"));
        var spec = MiniSpec.Text(vocabulary.Length, layers);
        using var store = new ParameterStore();
        using (var from = StateDict.Open(checkpoint)) store.Load(from, only: n => n.StartsWith("visual.", StringComparison.Ordinal) || n.StartsWith("text.", StringComparison.Ordinal) || n == "logit_scale");
        SafetensorsFile.Write(Path.Combine(folder, "open_clip_model.safetensors"), store.Where(_ => true), half: n => n != "logit_scale", metadata: new Dictionary<string, string> { ["format"] = "pt" });
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Concat(vocabulary.Select(v => v + "\n")), new UTF8Encoding(false));
        WriteJson(Path.Combine(folder, "open_clip_config.json"), Config(spec));
        WriteJson(Path.Combine(folder, "tokenizer_config.json"), new JsonObject
        {
            ["tokenizer_class"] = "BertTokenizer",
            ["do_lower_case"] = true,
            ["tokenize_chinese_chars"] = true,
            ["model_max_length"] = spec.Context,
            ["pad_token"] = "[PAD]",
            ["unk_token"] = "[UNK]",
            ["cls_token"] = "[CLS]",
            ["sep_token"] = "[SEP]",
        });
        using var zip = new GZipStream(File.Create(Path.Combine(folder, "known_words.txt.gz")), CompressionLevel.SmallestSize);
        using var words = new StreamWriter(zip, new UTF8Encoding(false));
        foreach (var word in File.ReadLines(Path.Combine(paths.Work, "word-counts.txt")).Select(l => l.Split('\t')[0]).Order(StringComparer.Ordinal)) words.Write(word + "\n");
    }

    private static JsonObject Config(BagTransformerSpec spec) => new()
    {
        ["model_cfg"] = new JsonObject
        {
            ["embed_dim"] = MiniSpec.Embed,
            ["vision_cfg"] = new JsonObject { ["timm_model_name"] = "mobilenetv2_100", ["timm_pool"] = "", ["timm_proj"] = "class_mixture", ["timm_padding"] = "same", ["image_size"] = 224 },
            ["text_cfg"] = new JsonObject
            {
                ["context_length"] = spec.Context,
                ["vocab_size"] = spec.Vocabulary,
                ["width"] = spec.Block.Width,
                ["heads"] = spec.Block.Heads,
                ["layers"] = spec.Layers,
                ["mlp_ratio"] = (double)spec.Block.MlpWidth / spec.Block.Width,
                ["pool_type"] = "mean",
                ["bigrams"] = spec.Pairs,
                ["bigram_multiplier"] = spec.PairMultiplier,
                ["bag"] = true,
                ["tokenizer"] = "wordpiece",
                ["first_word_id"] = spec.FirstWord,
                ["pad_id"] = 0,
                ["unk_id"] = 1,
                ["cls_id"] = 2,
                ["sep_id"] = 3,
            },
        },
        ["preprocess_cfg"] = new JsonObject { ["mean"] = new JsonArray(0.5, 0.5, 0.5), ["std"] = new JsonArray(0.5, 0.5, 0.5), ["interpolation"] = "bicubic", ["resize_mode"] = "shortest" },
        ["nclip"] = new JsonObject
        {
            ["known_words"] = "known_words.txt.gz",
            ["templates"] = new JsonObject
            {
                ["en"] = new JsonArray([.. MiniEvaluator.EnglishTemplates.Select(t => (JsonNode)t)]),
                ["zh"] = new JsonArray([.. MiniEvaluator.ChineseTemplates.Select(t => (JsonNode)t)]),
            },
        },
    };

    private static void WriteJson(string path, JsonObject json) => File.WriteAllText(path, json.ToJsonString(_json) + "\n", new UTF8Encoding(false));
}
