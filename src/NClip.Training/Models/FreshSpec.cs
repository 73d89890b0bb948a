using System.Text.Json;
using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Configuration;
using NClip.Towers;
using NClip.Towers.Blocks;
using NClip.Towers.Image;
using NClip.Towers.Image.Convolutional;
using NClip.Towers.Text;

namespace NClip.Training.Models;

/// <summary>An open_clip configuration -> a model that has no weights yet. The defaults are open_clip's. (model.py: CLIPVisionCfg, CLIPTextCfg)</summary>
internal static class FreshSpec
{
    /// <param name="file">model_cfg itself, or an open_clip_config.json around it.</param>
    /// <exception cref="CheckpointException">It is no configuration, or one of towers whose sizes it does not say.</exception>
    public static ClipSpec Read(string file) => ConfigFile.Read(file, root =>
    {
        var model = root.Get("model_cfg") is null ? root : root.Object("model_cfg");
        if (model.Get("vision_cfg") is null || model.Get("text_cfg") is null)
            throw new CheckpointException(file, "has no vision_cfg and text_cfg. A configuration of open_clip was expected: {\"embed_dim\": ..., \"vision_cfg\": {...}, \"text_cfg\": {...}}.");
        var embed = model.Int("embed_dim", ConfigRange.Width) ?? throw new CheckpointException(file, "embed_dim, the width of the features, is missing.");
        var family = ModelFamily.All.First(f => f.Type == (model.Get("init_logit_bias") is null ? "clip" : "siglip"));
        var (image, text) = (Image(model.Object("vision_cfg"), embed), Text(model.Object("text_cfg"), embed));
        var spec = OpenClipConfig.Apply(root, new ClipSpec(family, embed, SpecReader.Preprocess(family, Naming.OpenClip, image), family.Context(text, null), image, text));
        return spec.Parts.Select(p => p.Misfit).FirstOrDefault(m => m is not null) is { } misfit
            ? throw new CheckpointException(file, $"no model can be this: {misfit}. Correct the configuration.")
            : spec;
    });

    private static ImageTowerSpec Image(ConfigSection c, int embed)
    {
        if (c.String("timm_model_name") is { } timm) throw Elsewhere(c, "timm_model_name", timm);
        var (height, width) = c.Size("image_size") ?? (224, 224);
        if (c.Ints("layers", ConfigRange.Layers) is { } stages)
        {
            var channels = c.Int("width", ConfigRange.Width) ?? 64;
            if (stages.Length != 4) throw c.Unknown("layers", JsonSerializer.Serialize(stages), "a number (ViT) or four (ResNet)");
            return new ModifiedResNetSpec(height, width, stages, channels) { Projection = new(ProjectionKind.Linear, 32 * channels, embed) { Bias = true } };
        }
        var size = c.Int("width", ConfigRange.Width) ?? 768;
        var queries = c.Get("attentional_pool") is { ValueKind: JsonValueKind.True };
        return new VisionTransformerSpec(height, width, 16, 12, Block(size))
        {
            PoolerQueries = queries ? 256 : 0,
            PooledWidth = queries ? embed : size,
            Projection = new(ProjectionKind.Linear, size, embed),
        };
    }

    private static TextTransformerSpec Text(ConfigSection c, int embed)
    {
        if (c.String("hf_model_name") is { } other) throw Elsewhere(c, "hf_model_name", other);
        var width = c.Int("width", ConfigRange.Width) ?? 512;
        return new TextTransformerSpec(49408, 77, 12, Block(width))
        {
            Projection = c.String("proj_type") == "none"
                ? new(ProjectionKind.None, width, width)
                : new(ProjectionKind.Linear, width, embed) { Bias = c.Flag("proj_bias") ?? false },
        };
    }

    private static TransformerBlockSpec Block(int width) => new(width, TransformerBlockSpec.UsualHeads(width), 4 * width, Activation.Gelu, 1e-5f);

    private static CheckpointException Elsewhere(ConfigSection c, string key, string name) => new(c.File,
        $"{c.Path}.{key} is '{Foundation.Shown.Name(name)}'; the configuration does not say how large that tower is. Name a model that has it: like = \"FOLDER|FILE|NAME\" begins with its architecture, init = ... with its weights too.");
}
