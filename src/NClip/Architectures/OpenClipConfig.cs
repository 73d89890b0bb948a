using NClip.Configuration;
using NClip.Images;
using NClip.Towers;

namespace NClip.Architectures;

/// <summary>open_clip_config.json -> what shapes do not show; what it says of a tower, the tower's spec reads. (open_clip model.py: CLIPVisionCfg, CLIPTextCfg)</summary>
internal static class OpenClipConfig
{
    public static ClipSpec Apply(ConfigSection root, ClipSpec spec)
    {
        var model = root.Get("model_cfg") is null ? root : root.Object("model_cfg");
        var quick = model.Flag("quick_gelu") ?? false;
        var (vision, words) = Sections(model);
        var embed = model.Int("embed_dim", ConfigRange.Width) ?? vision.Int("output_dim", ConfigRange.Width) ?? spec.EmbedDim;
        var image = Image(spec.Image, new(vision, quick));
        var text = spec.Text.WithOpenClip(new(words, quick));
        image = image with { Projection = image.Projection.To(embed) };
        text = text with { Projection = text.Projection.To(embed) };
        return spec with
        {
            EmbedDim = embed,
            Image = image,
            Text = text,
            Preprocess = Preprocess(root.Object("preprocess_cfg"), Patches(vision, SpecReader.Preprocess(spec.Family, Naming.OpenClip, image))),
            UsualContext = spec.Family.Context(text, null),
        };
    }

    /// <summary>True where an object is such a configuration.</summary>
    public static bool Is(ConfigSection root) => root.Get("model_cfg") is not null || root.Get("vision_cfg") is not null || root.Get("vision") is not null;

    /// <summary>Both towers'; PE-Core's own program calls them vision and text. (perception_models config.py, PEConfig and PETextConfig)</summary>
    private static (ConfigSection Vision, ConfigSection Text) Sections(ConfigSection model) =>
        model.Get("vision_cfg") is null && model.Get("vision") is not null ? (model.Object("vision"), model.Object("text")) : (model.Object("vision_cfg"), model.Object("text_cfg"));

    private static ImageTowerSpec Image(ImageTowerSpec image, OpenClipSection vision)
    {
        var (height, width) = vision.Section.Size("image_size") ?? (image.Height, image.Width);
        image = image with { Height = height, Width = width };
        return vision.Section.String("timm_model_name") is { } name ? image.WithTimm(vision.Section, name) : image.WithOpenClip(vision);
    }

    /// <summary>image_seq_len, where the tower takes patches.</summary>
    private static PreprocessSpec Patches(ConfigSection vision, PreprocessSpec p) => p.Patches is null ? p : p.WithMaxPatches(vision.Int("image_seq_len", ConfigRange.Patches));

    /// <summary>mean, std, interpolation, resize_mode over the defaults; a tower that takes patches has no use for the last.</summary>
    private static PreprocessSpec Preprocess(ConfigSection p, PreprocessSpec defaults) => defaults with
    {
        Mean = p.Channels("mean", -1000, 1000) ?? defaults.Mean,
        Std = p.Channels("std", 0, 1000) ?? defaults.Std,
        Interpolation = p.String("interpolation") switch
        {
            null => defaults.Interpolation,
            "bicubic" or "random" => Interpolation.Bicubic,
            "bilinear" => Interpolation.Bilinear,
            var other => throw p.Unknown("interpolation", other, "bicubic or bilinear"),
        },
        Resize = p.String("resize_mode") switch
        {
            null => defaults.Resize,
            "shortest" or "squash" or "longest" when defaults.Patches is not null => defaults.Resize,
            "shortest" => ResizeMode.Shortest,
            "squash" => ResizeMode.Squash,
            "longest" => ResizeMode.Longest,
            var other => throw p.Unknown("resize_mode", other, "shortest, longest or squash"),
        },
    };
}
