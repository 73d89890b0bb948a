using NClip.Checkpoints;
using NClip.Configuration;
using NClip.Foundation;
using NClip.Images;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>Tensors and the configuration beside them -> ClipSpec. What the configuration says goes before what shapes suggest.</summary>
internal static class SpecReader
{
    private const string OpenClipFile = "open_clip_config.json", HuggingFaceFile = "config.json", MobileClipFile = "mobileclip_config.json";

    /// <param name="tensors">The checkpoint.</param>
    /// <param name="fileOrFolder">Where it came from: configurations are looked for beside it.</param>
    /// <param name="configFile">The configuration to use instead, or null.</param>
    public static ClipSpec Read(ModelTensors tensors, string fileOrFolder, string? configFile)
    {
        var folder = Directory.Exists(fileOrFolder) ? fileOrFolder : Path.GetDirectoryName(Path.GetFullPath(fileOrFolder))!;
        var spec = Read(tensors, configFile ?? Beside(folder, tensors.Naming));
        return spec with { Tokenizer = new(() => SpecTexts.Of(spec, folder)) };
    }

    private static ClipSpec Read(ModelTensors tensors, string? file) =>
        file is null ? Infer(tensors) : ConfigFile.Read(file, root =>
        {
            if (OpenClipConfig.Is(root)) return OpenClipConfig.Apply(root, InferFor(tensors, root));
            if (root.Get("image_cfg") is not null) return MobileClipConfig.Apply(root, InferFor(tensors, root));
            return HuggingFaceConfig.Apply(root, InferFor(tensors, root));
        });

    /// <summary>The name under which a configuration is found beside weights, by what is in it.</summary>
    public static string NameOf(string configFile) => ConfigFile.Read(configFile, root => OpenClipConfig.Is(root) ? OpenClipFile : HuggingFaceFile);


    /// <summary>What the shapes suggest, with the defaults of the naming's house for what they do not show.</summary>
    public static ClipSpec Infer(ModelTensors t, string? type = null)
    {
        var family = ModelFamily.Of(t, type);
        ImageTowerSpec image = t.Own is { Tower: TextPart.Key } texts ? AbsentImageTower.Of(texts.Features) : TowerKinds.Image.Infer(t);
        TextTowerSpec text = t.Own is { Tower: ImagePart.Key } images ? AbsentTextTower.Of(images.Features) : TowerKinds.Text.Infer(t);
        image = image with { Projection = image.Projection.To(text.FeatureWidth) };
        return new ClipSpec(family, text.FeatureWidth, Preprocess(family, t.Naming, image), family.Context(text, null), image, text);
    }

    /// <summary>Image preprocessing of the family and the naming's house, for a tower of this size.</summary>
    internal static PreprocessSpec Preprocess(ModelFamily family, Naming naming, ImageTowerSpec image)
    {
        var hugging = naming == Naming.HuggingFace;
        var p = family.Preprocess(PreprocessSpec.OpenAI() with
        {
            Width = image.Width,
            Height = image.Height,
            Flavour = hugging ? PipelineFlavour.HuggingFace : PipelineFlavour.OpenAI,
        });
        if (image.PatchInput is not { } side) return p;
        var (most, filter) = hugging ? (256, Interpolation.Bilinear) : (576, Interpolation.Bicubic); // Siglip2ImageProcessor; open_clip's image_seq_len, timm
        return p with { Resize = ResizeMode.Patches, Interpolation = filter, Patches = new(side, most) };
    }

    /// <summary>What the shapes suggest; where they suggest nothing and the configuration names another kind of model, that is the reason to tell.</summary>
    private static ClipSpec InferFor(ModelTensors tensors, ConfigSection root)
    {
        var type = root.String("model_type");
        try
        {
            return Infer(tensors, type);
        }
        catch (CheckpointException e) when (type is not null && !ModelFamily.Types.Contains(type))
        {
            throw new CheckpointException(root.File, $"model_type is '{Shown.Name(type)}'; NClip reads {string.Join(", ", ModelFamily.Types)}. ({e.Message})", e);
        }
    }

    /// <summary>The configuration in the weights' folder: the one of the house whose names the weights have, else the other.</summary>
    private static string? Beside(string folder, Naming naming)
    {
        string[] names = naming switch
        {
            Naming.HuggingFace or Naming.JinaClip => [HuggingFaceFile, OpenClipFile],
            Naming.MobileClip => [MobileClipFile], // the config.json of Apple's repositories describes no model
            Naming.EvaClip => ["eva_clip_config.json", OpenClipFile, HuggingFaceFile],
            Naming.PerceptionEncoder => ["pe_config.json", OpenClipFile, HuggingFaceFile],
            Naming.TinyClip => ["tinyclip_config.json", OpenClipFile, HuggingFaceFile],
            _ => [OpenClipFile, HuggingFaceFile],
        };
        return names.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);
    }
}
