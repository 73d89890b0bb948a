using System.Globalization;
using NClip.Configuration;
using NClip.Images;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>transformers' config.json (and preprocessor_config.json beside it) -> what shapes do not show; what it says of a tower, the tower's spec reads. (CLIPConfig, SiglipConfig, Siglip2Config, ChineseCLIPConfig, MetaClip2Config, AlignConfig)</summary>
internal static class HuggingFaceConfig
{
    public static ClipSpec Apply(ConfigSection root, ClipSpec spec)
    {
        HuggingFaceSection Section(string name) => new([root.Object(name + "_dict"), root.Object(name)], spec.Family.Rules);
        var (vision, text) = (Section("vision_config"), Section("text_config"));
        var (image, tower) = (spec.Image.WithHuggingFace(vision), spec.Text.WithHuggingFace(text));
        if (root.Int("projection_dim", ConfigRange.Width) is { } e) (image, tower) = (image with { Projection = image.Projection.To(e) }, tower with { Projection = tower.Projection.To(e) });
        return spec with
        {
            EmbedDim = tower.FeatureWidth,
            Image = image,
            Text = tower,
            Preprocess = Preprocess(SpecReader.Preprocess(spec.Family, Naming.HuggingFace, image), root.File),
            UsualContext = spec.Family.Context(tower, text),
        };
    }

    private static string Text(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static PreprocessSpec Preprocess(PreprocessSpec defaults, string file)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "preprocessor_config.json");
        return File.Exists(path) ? ConfigFile.Read(path, p => Preprocess(defaults, p)) : defaults;
    }

    private static PreprocessSpec Preprocess(PreprocessSpec defaults, ConfigSection p)
    {
        var (size, crop) = (p.Object("size"), p.Object("crop_size"));
        if (size.Int("height", ConfigRange.Side) is { } height && p.Flag("do_center_crop") is true && crop.Int("height", ConfigRange.Side) is { } cropped && cropped != height)
            throw size.Unknown("height", Text(height), $"pictures that are resized to what is cut out of them, {cropped}");
        if (defaults.Patches is { } patches && p.Int("patch_size", ConfigRange.Side) is { } side && side != patches.Side)
            throw p.Unknown("patch_size", Text(side), $"the image tower's patches of {patches.Side}");
        return (defaults.Patches is null ? defaults : defaults.WithMaxPatches(p.Int("max_num_patches", ConfigRange.Patches))) with
        {
            Mean = p.Channels("image_mean", -1000, 1000) ?? defaults.Mean,
            Std = p.Channels("image_std", 0, 1000) ?? defaults.Std,
            Interpolation = p.Int("resample", ConfigRange.Id) switch
            {
                null => defaults.Interpolation,
                2 => Interpolation.Bilinear,
                3 => Interpolation.Bicubic,
                var other => throw p.Unknown("resample", Text(other.Value), "2 (bilinear) and 3 (bicubic)"),
            },
            Resize = size.Int("height", ConfigRange.Side) is not null && p.Flag("do_center_crop") is not true ? ResizeMode.Squash
                : size.Int("shortest_edge", ConfigRange.Side) is not null || p.Int("size", ConfigRange.Side) is not null ? ResizeMode.Shortest : defaults.Resize,
        };
    }
}
