using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NClip.Text.Bpe;

/// <summary>OpenAI's tokenizer as the files that transformers' CLIPTokenizer reads.</summary>
internal static class ClipTokenizerFiles
{
    private static readonly JsonWriterOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="context">Tokens in a row.</param>
    public static void Write(string folder, int context)
    {
        var vocabulary = ClipTokenizer.Vocabulary;
        Save("vocab.json", new JsonObject(Enumerable.Range(0, vocabulary.VocabularySize).Select(id => KeyValuePair.Create(vocabulary.Token(id)!, (JsonNode?)id))));
        File.WriteAllText(Path.Combine(folder, "merges.txt"), string.Concat(ClipTokenizer.MergeLines().Prepend("#version: 0.2").Select(l => l + "\n")));

        // As OpenAI's own folders on the hub have it: added tokens are found in the cleaned text, and the end token fills rows up.
        JsonObject Token(string content) => new() { ["content"] = content, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = true };
        JsonObject Special() => new() { ["bos_token"] = Token(ClipTextRules.Start), ["eos_token"] = Token(ClipTextRules.End), ["unk_token"] = Token(ClipTextRules.End), ["pad_token"] = ClipTextRules.End };
        Save("special_tokens_map.json", Special());
        var config = Special();
        foreach (var token in config.Select(t => t.Value).OfType<JsonObject>()) token["__type"] = "AddedToken";
        config["add_prefix_space"] = false;
        config["do_lower_case"] = true;
        config["errors"] = "replace";
        config["model_max_length"] = context;
        config["tokenizer_class"] = "CLIPTokenizer";
        Save("tokenizer_config.json", config);

        void Save(string name, JsonObject json)
        {
            using var file = File.Create(Path.Combine(folder, name));
            using var writer = new Utf8JsonWriter(file, _json);
            json.WriteTo(writer);
        }
    }
}
