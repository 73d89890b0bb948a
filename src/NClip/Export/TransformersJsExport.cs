using System.Text.Json.Nodes;
using NClip.Architectures;
using NClip.Foundation;
using NClip.Graphs;
using NClip.Images;
using NClip.Inference;
using NClip.Text.HuggingFace;
using NClip.Towers;

namespace NClip.Export;

/// <summary>Writes a model as a folder that transformers.js opens, and other programs that go by the names of Optimum's exports.</summary>
internal static class TransformersJsExport
{
    /// <summary>Bytes of weights that go inside a graph: protobuf ends at 2 GB.</summary>
    internal const long MostInside = 1_900_000_000;

    /// <summary>
    /// onnx/vision_model.onnx, onnx/text_model.onnx and onnx/model.onnx (both towers and the logits), config.json, preprocessor_config.json, tokenizer.json, tokenizer_config.json.
    /// Weights lie inside the graphs, or, from 1.9 GB on, in FILE.onnx_data beside them. The folder appears whole or not at all.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="source">Its folder or weight file: licences are copied from there.</param>
    /// <param name="folder">The folder to make.</param>
    /// <param name="mostInside">Bytes of weights up to which they go inside.</param>
    /// <param name="cancellation">Ends it between two tensors.</param>
    /// <exception cref="ClipException">The folder exists already, or the model's pictures or tokenizer cannot be said in those programs' files.</exception>
    public static void Write(ClipModel model, string source, string folder, long mostInside = MostInside, CancellationToken cancellation = default)
    {
        var spec = model.Spec;
        foreach (var part in (string[])[ImagePart.Key, Towers.TextPart.Key]) spec.Need(part, source);
        if (spec.Preprocess.Resize == ResizeMode.Longest) throw new ClipException("its pictures are resized to their long side and padded, which transformers.js does not do. --format onnx writes the towers alone.", source);
        if (spec.Texts.Paired is not null) throw new ClipException("its text tower reads with two tokenizers, and a folder of transformers.js has one. --format onnx writes the towers alone.", source);
        var tokenizer = WrittenTokenizer.Of(spec.Texts, PublishedPart.PadCounts(spec))
            ?? throw new ClipException("its tokenizer has no tokenizer.json and cannot be written as one (SentencePiece's BPE, or none in the folder). Put the model's tokenizer.json beside the weights, or take --format onnx.", source);
        NewFolder.Write(folder, making =>
        {
            var graphs = Directory.CreateDirectory(Path.Combine(making, "onnx")).FullName;
            string[] beside = [.. Parts(model).Where(p => Graph(p, model.Tensors, graphs, mostInside, cancellation)).Select(p => p.Name + ".onnx")];
            JsonFile.Save(Config(spec, beside), Path.Combine(making, "config.json"));
            JsonFile.Save(HuggingFaceExport.Preprocessor(spec.Preprocess, spec.Logits == LogitKind.Sigmoid ? "Siglip" : "CLIP"), Path.Combine(making, "preprocessor_config.json"));
            JsonFile.Save(tokenizer.Tokenizer, Path.Combine(making, "tokenizer.json"));
            JsonFile.Save(tokenizer.Config, Path.Combine(making, "tokenizer_config.json"));
            ModelFiles.CopyBeside(source, ["LICENSE*"], making);
        });
    }

    /// <summary>The graphs: each tower, and both with the logits.</summary>
    internal static IReadOnlyList<PublishedPart> Parts(ClipModel model) => [new VisionModel(model.Spec), new TextModel(model.Spec), new WholeModel(model.Spec, model.LogitScale, model.LogitBias)];

    /// <summary>Writes a graph; true where its weights are in a file beside it.</summary>
    internal static bool Graph(PublishedPart part, ModelTensors tensors, string folder, long mostInside, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var name = part.Name + ".onnx";
        var weights = new OwnWeights(part.Tensors().Sum(t => tensors[t.Name].Count * sizeof(float)) > mostInside ? name + "_data" : null);
        File.WriteAllBytes(Path.Combine(folder, name), PartGraph.Of(part, tensors, weights).Model);
        if (weights.File is not { } file) return false;
        using var to = File.Create(Path.Combine(folder, file));
        weights.WriteTo(to, cancellation);
        return true;
    }

    /// <summary>The configuration of the class that transformers has for the model, else what programs that only run the graphs ask of it.</summary>
    private static JsonObject Config(ClipSpec spec, string[] beside)
    {
        var type = spec.Image.PatchInput is null ? HuggingFaceClass.Find(spec) : null; // the graphs take pictures of one size
        var sigmoid = spec.Logits == LogitKind.Sigmoid;
        var config = type?.Config(spec) ?? new JsonObject
        {
            ["model_type"] = sigmoid ? "siglip" : "clip",
            ["projection_dim"] = spec.EmbedDim,
            ["text_config"] = new JsonObject { ["max_position_embeddings"] = spec.ContextLength, ["vocab_size"] = spec.VocabularySize },
            ["vision_config"] = new JsonObject { ["image_size"] = spec.Image.Height },
        };
        config["architectures"] = new JsonArray(type?.Name ?? (sigmoid ? "SiglipModel" : "CLIPModel"));
        var own = new JsonObject { ["dtype"] = "fp32" };
        if (beside.Length > 0) own["use_external_data_format"] = new JsonObject(beside.Select(f => KeyValuePair.Create(f, (JsonNode?)1)));
        config["transformers.js_config"] = own;
        return config;
    }
}
