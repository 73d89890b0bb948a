using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Text.HuggingFace;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;
using NClip.Training.Data;
using NClip.Training.Operators;
using static TorchSharp.torch;

namespace NClip.Training.Mini;

/// <summary>Writes the model's folder in open_clip's layout: config, weights as float16, tokenizer, words that training met, templates.</summary>
internal sealed class MiniExport(MiniPaths paths)
{
    // Numbers below which a tensor stays what it is.
    private const int Least = 4096;

    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="checkpoint">The model.</param>
    /// <param name="layers">Of its transformer.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="integers">Tables and matrices as 8-bit integers with a scale a row, the sentence encoder's table as 4-bit ones; else everything as float16.</param>
    public void Write(string checkpoint, int layers, string folder, bool integers)
    {
        Directory.CreateDirectory(folder);
        var vocabulary = File.ReadAllLines(Path.Combine(paths.Work, "vocab.txt"));
        var spec = MiniSpec.Text(vocabulary.Length, layers);
        using var store = new ParameterStore();
        using (var from = StateDict.Open(checkpoint)) store.Load(from, only: n => n.StartsWith("visual.", StringComparison.Ordinal) || n.StartsWith("text.", StringComparison.Ordinal) || n == "logit_scale");
        var (file, metadata) = (Path.Combine(folder, "open_clip_model.safetensors"), new Dictionary<string, string> { ["format"] = "pt" });
        if (integers) Safetensors.Write(file, store.Where(_ => true).SelectMany(t => Stored(t.Name, t.Value)), metadata);
        else SafetensorsFile.Write(file, store.Where(_ => true), half: n => n != "logit_scale", metadata: metadata);
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Concat(vocabulary.Select(v => v + "\n")), new UTF8Encoding(false));
        var mixed = store.Has("text.mix.words.weight");
        WriteJson(Path.Combine(folder, "open_clip_config.json"), Config(spec, MiniSpec.Trunk(store) is MobileNetEdgeSpec ? "mobilenet_edgetpu_100" : "mobilenetv2_100", mixed));
        string[] pieces = mixed ? TokenizerFiles.ReadVocabularyLines(paths.Sentences.Vocabulary) : [];
        if (mixed) File.WriteAllBytes(Path.Combine(folder, SpecTexts.SentenceVocabulary), File.ReadAllBytes(paths.Sentences.Vocabulary));
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
        foreach (var word in File.ReadLines(Path.Combine(paths.Work, "word-counts.txt")).Select(l => l.Split('\t')[0]).Concat(pieces.Where(p => p.All(char.IsAsciiLetter) && p.Length > 1)).Distinct().Order(StringComparer.Ordinal)) words.Write(word + "\n");
    }

    /// <summary>Everything of two or more dimensions as integers, but for what is too small to matter.</summary>
    private static IEnumerable<(string, TensorType, long[], ReadOnlyMemory<byte>)> Stored(string name, Tensor value)
    {
        float[] values = [.. value.detach().contiguous().data<float>()];
        return value.dim() < 2 || value.shape[0] == 1 || values.Length < Least || values.Length / value.shape[0] < 8
            ? [(name, TensorType.Float32, value.shape, (ReadOnlyMemory<byte>)MemoryMarshal.AsBytes(values.AsSpan()).ToArray())]
            : RowIntegers.Stored(name, values, value.shape, four: name.EndsWith("word_embeddings.weight", StringComparison.Ordinal));
    }

    private static JsonObject Config(BagTransformerSpec spec, string trunk, bool mixed) => new()
    {
        ["model_cfg"] = new JsonObject
        {
            ["embed_dim"] = MiniSpec.Embed,
            ["vision_cfg"] = new JsonObject { ["timm_model_name"] = trunk, ["timm_pool"] = "", ["timm_proj"] = "class_mixture", ["timm_padding"] = "same", ["image_size"] = 224 },
            ["text_cfg"] = new JsonObject((mixed ? new Dictionary<string, JsonNode?> { ["sentence_heads"] = SentenceMemory.Heads } : []).AsEnumerable())
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
                ["en"] = new JsonArray([.. (mixed ? MiniEvaluator.ShortTemplates : MiniEvaluator.EnglishTemplates).Select(t => (JsonNode)t)]),
                ["zh"] = new JsonArray([.. MiniEvaluator.ChineseTemplates.Select(t => (JsonNode)t)]),
            },
        },
    };

    private static void WriteJson(string path, JsonObject json) => File.WriteAllText(path, json.ToJsonString(_json) + "\n", new UTF8Encoding(false));
}
