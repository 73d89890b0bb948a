using System.Text.Json.Nodes;
using NClip.Architectures;
using NClip.Export;
using NClip.Foundation;
using NClip.Training.Data;
using static TorchSharp.torch;

namespace NClip.Training.Models;

/// <summary>A trained model as a folder that NClip and open_clip read: configuration, weights, tokenizer.</summary>
internal static class TrainedModelFolder
{
    private const string Configuration = "open_clip_config.json", OpenClipWeights = "open_clip_model.safetensors", HuggingFaceWeights = "model.safetensors";

    private static readonly System.Text.Json.JsonSerializerOptions _indented = new() { WriteIndented = true };

    /// <summary>What lies beside weights and goes with them.</summary>
    private static readonly string[] _beside =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "*.model",
        "config.json", "*_config.json", "preprocessor_config.json", "known_words.txt.gz", "LICENSE*",
    ];

    /// <summary>Writes the folder, whole or not at all.</summary>
    /// <param name="start">What the run began with: names and files are as there.</param>
    /// <param name="weights">The trained tensors by canonical name.</param>
    /// <param name="folder">It must not exist.</param>
    /// <exception cref="ClipException">It exists, or cannot be written.</exception>
    public static void Write(StartingModel start, Func<string, Tensor> weights, string folder) => NewFolder.Write(folder, making =>
    {
        if (start.IsFresh) WriteConfiguration(start.Source, start.Model.Spec, making);
        else
        {
            ModelFiles.CopyBeside(start.Source, [Configuration, .. _beside], making);
            if (!Directory.EnumerateFiles(making, "*config.json").Any() && OpenClipFile.Of(start.Model.Spec) is { } configuration) WriteJson(making, configuration);
        }
        var name = File.Exists(Path.Combine(making, "config.json")) && !File.Exists(Path.Combine(making, Configuration)) ? HuggingFaceWeights : OpenClipWeights;
        SafetensorsFile.Write(Path.Combine(making, name), start.Stored.Select(t => (t.Name, t.Of(weights(t.Canonical)))), metadata: new Dictionary<string, string> { ["format"] = "pt" });
    });

    /// <summary>The configuration of a fresh model as open_clip_config.json, with the tokenizer's files that lie beside it.</summary>
    public static void WriteConfiguration(string config, ClipSpec spec, string folder)
    {
        var root = JsonNode.Parse(File.ReadAllText(config), documentOptions: new() { CommentHandling = System.Text.Json.JsonCommentHandling.Skip })!.AsObject();
        var model = root["model_cfg"] is { } inner ? inner.DeepClone() : root.DeepClone();
        var json = new JsonObject
        {
            ["model_cfg"] = model,
            ["preprocess_cfg"] = root["preprocess_cfg"]?.DeepClone() ?? OpenClipFile.Preprocess(spec.Preprocess),
        };
        WriteJson(folder, json);
        ModelFiles.CopyBeside(config, _beside.Where(f => f is not "config.json"), folder);
    }

    private static void WriteJson(string folder, JsonObject configuration) => File.WriteAllText(Path.Combine(folder, Configuration), configuration.ToJsonString(_indented) + "\n");
}
