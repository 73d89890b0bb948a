using System.Text.Json.Nodes;
using NClip.Architectures;
using NClip.Images;
using NClip.Towers;
using NClip.Towers.Blocks;
using NClip.Towers.Image;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;

namespace NClip.Training.Models;

/// <summary>open_clip_config.json of models that have none of their own: what OpenAI's file shows by its tensors, said in open_clip's words. Its tokenizer is the one that open_clip and NClip have inside.</summary>
internal static class OpenClipFile
{
    /// <summary>The configuration, or null where open_clip has no such towers under OpenAI's names.</summary>
    public static JsonObject? Of(ClipSpec spec)
    {
        if (spec.Text is not TextTransformerSpec text || Image(spec.Image) is not { } image) return null;
        var quick = text.Block.Activation == Activation.QuickGelu;
        return new JsonObject
        {
            ["model_cfg"] = new JsonObject
            {
                ["embed_dim"] = spec.EmbedDim,
                ["quick_gelu"] = quick,
                ["vision_cfg"] = image,
                ["text_cfg"] = new JsonObject { ["context_length"] = text.Context, ["vocab_size"] = text.Vocabulary, ["width"] = text.Block.Width, ["heads"] = text.Block.Heads, ["layers"] = text.Layers },
            },
            ["preprocess_cfg"] = Preprocess(spec.Preprocess),
        };
    }

    /// <summary>preprocess_cfg.</summary>
    public static JsonObject Preprocess(PreprocessSpec p) => new()
    {
        ["mean"] = Channels(p.Mean),
        ["std"] = Channels(p.Std),
        ["interpolation"] = p.Interpolation == Interpolation.Bilinear ? "bilinear" : "bicubic",
        ["resize_mode"] = p.Resize switch { ResizeMode.Squash => "squash", ResizeMode.Longest => "longest", _ => "shortest" },
    };

    private static JsonObject? Image(ImageTowerSpec image) => image switch
    {
        VisionTransformerSpec { ClassToken: true, Pooling: ImagePooling.ClassToken } v => new() { ["image_size"] = Size(v), ["layers"] = v.Layers, ["width"] = v.Block.Width, ["head_width"] = v.Block.Width / v.Block.Heads, ["patch_size"] = v.PatchSize },
        ModifiedResNetSpec r => new() { ["image_size"] = Size(r), ["layers"] = new JsonArray([.. r.Blocks.Select(b => (JsonNode)b)]), ["width"] = r.Channels, ["head_width"] = r.HeadWidth },
        _ => null,
    };

    private static JsonNode Size(ImageTowerSpec image) => image.Height == image.Width ? image.Height : new JsonArray(image.Height, image.Width);

    private static JsonArray Channels(float[] values) => new([.. values.Select(v => (JsonNode)v)]);
}
