using System.Text.Json.Nodes;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Foundation;
using NClip.Images;
using NClip.Inference;
using NClip.Text;
using NClip.Text.Bpe;
using NClip.Towers;
using NClip.Towers.Text;

namespace NClip.Export;

/// <summary>Writes a model as a folder that transformers opens: <c>CLIPModel.from_pretrained(folder)</c>, SiglipModel, Siglip2Model or ChineseCLIPModel.</summary>
internal static class HuggingFaceExport
{
    /// <summary>
    /// config.json, model.safetensors (transformers' names; every tensor in the element type in which it is stored), preprocessor_config.json, and the
    /// tokenizer's files: those beside the weights, else OpenAI's where the text tower has its vocabulary, else none. The folder appears whole or not at all.
    /// </summary>
    /// <param name="model">The model; all its tensors are written.</param>
    /// <param name="source">Its folder or weight file: the tokenizer's files and licences are copied from there.</param>
    /// <param name="folder">The folder to make.</param>
    /// <param name="cancellation">Ends it between two tensors.</param>
    /// <exception cref="ClipException">The folder exists already, or transformers has no class for the model.</exception>
    public static void Write(ClipModel model, string source, string folder, CancellationToken cancellation = default)
    {
        var (spec, tensors) = (model.Spec, model.Tensors);
        foreach (var part in (string[])[ImagePart.Key, TextPart.Key]) spec.Need(part, source);
        if (tensors.Own is { IsInt8: true }) throw new ClipException("its linear layers are 8-bit integers, written by --format nclip. Export the original for transformers.", source);
        var to = HuggingFaceClass.Of(spec, source);
        Action<Stream> Stopped(Action<Stream> write) => file =>
        {
            cancellation.ThrowIfCancellationRequested();
            write(file);
        };
        NewFolder.Write(folder, making =>
        {
            var config = to.Config(spec);
            config["architectures"] = new JsonArray(to.Name);
            config["torch_dtype"] = TorchType(tensors.Tensors.Values.Select(t => t.Type));
            JsonFile.Save(config, Path.Combine(making, "config.json"));
            JsonFile.Save(spec.Preprocess.Patches is { } patches ? Patched(spec.Preprocess, patches, to.Family) : Preprocessor(spec.Preprocess, to.Family), Path.Combine(making, "preprocessor_config.json"));
            Safetensors.WriteEach(Path.Combine(making, "model.safetensors"), NamingMap.Write(tensors, spec, to.Names).Select(t => (t.Name, t.Type, t.Shape, Stopped(t.Data))), new Dictionary<string, string> { ["format"] = "pt" });
            ModelFiles.CopyBeside(source, [.. ModelFiles.Tokenizer, "LICENSE*"], making);
            if (!ModelFiles.Tokenizer.Any(p => Directory.EnumerateFiles(making, p).Any()) && spec.Text is TextTransformerSpec { Causal: true } t && t.Vocabulary == ClipTokenizer.Default.VocabularySize)
                ClipTokenizerFiles.Write(making, spec.Context.Length);
        });
    }

    /// <summary>torch's name of the type that holds all of them without loss.</summary>
    private static string TorchType(IEnumerable<TensorType> types) => types.Distinct().ToList() switch
    {
        [TensorType.Float16] => "float16",
        [TensorType.BFloat16] => "bfloat16",
        [TensorType.Float64] => "float64",
        _ => "float32",
    };

    /// <summary>The settings of transformers' image processors (CLIPImageProcessor; SiglipImageProcessor cannot crop).</summary>
    internal static JsonObject Preprocessor(PreprocessSpec p, string family)
    {
        var squash = p.Resize == ResizeMode.Squash;
        var (width, height) = p.ResizedTo ?? (p.Width, p.Height);
        var crop = !squash || p.ResizedTo is not null;
        JsonObject Size(int width, int height) => new() { ["height"] = height, ["width"] = width };
        var json = Common(p, (crop ? "CLIP" : family) + "ImageProcessor", family);
        json["size"] = squash ? Size(width, height) : new JsonObject { ["shortest_edge"] = height };
        json["do_center_crop"] = crop;
        if (crop) json["crop_size"] = Size(p.Width, p.Height);
        return json;
    }

    /// <summary>The settings of Siglip2ImageProcessor, which keeps a picture's shape.</summary>
    private static JsonObject Patched(PreprocessSpec p, PatchSpec patches, string family)
    {
        var json = Common(p, family + "ImageProcessor", family);
        json["patch_size"] = patches.Side;
        json["max_num_patches"] = patches.MaxPatches;
        return json;
    }

    private static JsonObject Common(PreprocessSpec p, string processor, string family) => new()
    {
        ["image_processor_type"] = processor,
        ["processor_class"] = family + "Processor",
        ["do_convert_rgb"] = true,
        ["do_resize"] = true,
        ["resample"] = p.Interpolation == Interpolation.Bilinear ? 2 : 3,
        ["do_rescale"] = true,
        ["rescale_factor"] = 1 / 255.0,
        ["do_normalize"] = true,
        ["image_mean"] = Array(p.Mean),
        ["image_std"] = Array(p.Std),
    };

    private static JsonArray Array(float[] values) => new([.. values.Select(v => (JsonNode)v)]);
}
