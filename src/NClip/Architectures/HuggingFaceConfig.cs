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
        var size = p.Object("size");
        var resized = Resized(p);
        var (mean, std) = Normalization(p, defaults);
        if (defaults.Patches is { } patches && p.Int("patch_size", ConfigRange.Side) is { } side && side != patches.Side)
            throw p.Unknown("patch_size", Text(side), $"the image tower's patches of {patches.Side}");
        return (defaults.Patches is null ? defaults : defaults.WithMaxPatches(p.Int("max_num_patches", ConfigRange.Patches))) with
        {
            Mean = mean,
            Std = std,
            ResizedTo = resized,
            Interpolation = p.Int("resample", ConfigRange.Id) switch
            {
                null => defaults.Interpolation,
                2 => Interpolation.Bilinear,
                3 => Interpolation.Bicubic,
                var other => throw p.Unknown("resample", Text(other.Value), "2 (bilinear) and 3 (bicubic)"),
            },
            Resize = size.Int("height", ConfigRange.Side) is not null && (resized is not null || p.Flag("do_center_crop") is not true) ? ResizeMode.Squash
                : size.Int("shortest_edge", ConfigRange.Side) is not null || p.Int("size", ConfigRange.Side) is not null ? ResizeMode.Shortest : defaults.Resize,
        };
    }

    /// <summary>What pictures are resized to where that is another size than what is cut out of them.</summary>
    private static (int Width, int Height)? Resized(ConfigSection p)
    {
        var (size, crop) = (p.Object("size"), p.Object("crop_size"));
        if (p.Flag("do_center_crop") is not true || (crop.Int("height", ConfigRange.Side) ?? p.Int("crop_size", ConfigRange.Side)) is not { } cropped) return null;
        if ((size.Int("height", ConfigRange.Side) ?? size.Int("shortest_edge", ConfigRange.Side) ?? p.Int("size", ConfigRange.Side)) is not { } height || height == cropped) return null;
        var width = size.Int("width", ConfigRange.Side) ?? height;
        if (Math.Min(width, height) < cropped) throw p.Unknown("size", $"{Text(width)} x {Text(height)}", $"pictures that are at least as large as what is cut out of them, {Text(cropped)}");
        return (width, height);
    }

    /// <summary>Mean and deviation of values in 0..1: a byte · rescale_factor (- 1 with rescale_offset), then image_mean and image_std unless do_normalize is false.</summary>
    private static (float[] Mean, float[] Std) Normalization(ConfigSection p, PreprocessSpec defaults)
    {
        var (offset, normalized) = (p.Flag("rescale_offset") is true ? 1 : 0, p.Flag("do_normalize") is not false);
        var scale = p.Number("rescale_factor", 0, 1000) * 255 ?? 1;
        var (mean, std) = normalized
            ? (p.Channels("image_mean", -1000, 1000) ?? p.Channels("mean", -1000, 1000) ?? defaults.Mean, p.Channels("image_std", 0, 1000) ?? p.Channels("std", 0, 1000) ?? defaults.Std)
            : ([0, 0, 0], [1, 1, 1]);
        return Math.Abs(scale - 1) < 1e-6 && offset == 0 ? (mean, std) : ([.. mean.Select(m => (float)((offset + m) / scale))], [.. std.Select(s => (float)(s / scale))]);
    }
}
