using System.Text.Json;
using NClip.Images;

namespace NClip.Architectures;

/// <summary>transformers' config.json (and preprocessor_config.json beside it) -> what shapes do not show. (CLIPConfig, SiglipConfig, ChineseCLIPConfig)</summary>
internal static class HuggingFaceConfig
{
    /// <summary>The first of several names is the one that is written.</summary>
    private static readonly (string Name, Activation Activation)[] _activations =
    [
        ("quick_gelu", Activation.QuickGelu), ("gelu", Activation.Gelu), ("relu", Activation.Relu),
        ("gelu_pytorch_tanh", Activation.GeluTanh), ("gelu_new", Activation.GeluTanh), ("gelu_fast", Activation.GeluTanh),
    ];

    public static ClipSpec Apply(JsonElement root, ClipSpec spec, string file)
    {
        var siglip = spec.Logits == LogitKind.Sigmoid;
        var defaults = siglip ? ("gelu_pytorch_tanh", 1e-6) : ("quick_gelu", 1e-5);
        JsonElement[] vision = [root.Object("vision_config_dict"), root.Object("vision_config")];
        JsonElement[] text = [root.Object("text_config_dict"), root.Object("text_config")];
        var embed = root.Int("projection_dim");

        var image = spec.Image;
        if (image is VisionTransformerSpec v)
        {
            var (h, w) = First(vision, c => c.Size("image_size")) ?? (v.Height, v.Width);
            v = v with
            {
                Height = h,
                Width = w,
                PatchSize = First(vision, c => c.Int("patch_size")) ?? v.PatchSize,
                Layers = First(vision, c => c.Int("num_hidden_layers")) ?? v.Layers,
                Block = Block(v.Block, vision, defaults, file),
            };
            image = v with { PooledWidth = v.Block.Width, PoolerHeads = v.Block.Heads, Projection = v.Projection with { In = v.Block.Width } };
        }
        TextTowerSpec tower = spec.Text switch
        {
            TextTransformerSpec t => Text(t, text, defaults, siglip, file),
            BertSpec b => Bert(text[1], b, file) with { Pooling = BertPooling.First },
            var other => other,
        };
        if (embed is { } e) (image, tower) = (image with { Projection = ShapeInference.Out(image.Projection, e) }, tower with { Projection = ShapeInference.Out(tower.Projection, e) });
        return spec with
        {
            EmbedDim = tower.FeatureWidth,
            Image = image,
            Text = tower,
            Preprocess = Preprocess(ShapeInference.Preprocess(Naming.HuggingFace, image, siglip), file),
            Context = ShapeInference.Context(tower, siglip),
        };
    }

    /// <summary>A BERT's or RoBERTa's configuration.</summary>
    internal static BertSpec Bert(JsonElement c, BertSpec s, string file)
    {
        var roberta = c.String("model_type") is { } type ? type.Contains("roberta", StringComparison.Ordinal) : s.Roberta;
        if (c.String("position_embedding_type") is { } p && p != "absolute") throw OpenClipConfig.Unknown(file, "position_embedding_type", p, "absolute");
        return s with
        {
            Vocabulary = c.Int("vocab_size") ?? s.Vocabulary,
            Positions = c.Int("max_position_embeddings") ?? s.Positions,
            TokenTypes = c.Int("type_vocab_size") ?? s.TokenTypes,
            Layers = c.Int("num_hidden_layers") ?? s.Layers,
            Width = c.Int("hidden_size") ?? s.Width,
            Heads = c.Int("num_attention_heads") ?? s.Heads,
            MlpWidth = c.Int("intermediate_size") ?? s.MlpWidth,
            Activation = Activate(c.String("hidden_act") ?? "gelu", file),
            Epsilon = (float)(c.Number("layer_norm_eps") ?? 1e-12),
            PadId = c.Int("pad_token_id") ?? (roberta ? 1 : 0),
            Roberta = roberta,
        };
    }

    private static TextTransformerSpec Text(TextTransformerSpec t, JsonElement[] c, (string, double) defaults, bool siglip, string file)
    {
        t = t with
        {
            Vocabulary = First(c, e => e.Int("vocab_size")) ?? t.Vocabulary,
            Context = First(c, e => e.Int("max_position_embeddings")) ?? t.Context,
            Layers = First(c, e => e.Int("num_hidden_layers")) ?? t.Layers,
            Block = Block(t.Block, c, defaults, file),
        };
        t = t with { Projection = t.Projection with { In = t.Block.Width } };
        if (siglip) return t with { Causal = false, Pooling = TextPooling.Last };
        // Configurations older than transformers 4.30 say 2 and mean the largest id; weights were published with it.
        var end = First(c, e => e.Int("eos_token_id")) ?? 49407;
        return end == 2 ? t with { Pooling = TextPooling.LargestId } : t with { Pooling = TextPooling.EndToken, EndId = end };
    }

    private static TransformerBlockSpec Block(TransformerBlockSpec b, JsonElement[] c, (string Activation, double Epsilon) defaults, string file)
    {
        var width = First(c, e => e.Int("hidden_size")) ?? b.Width;
        return b with
        {
            Width = width,
            Heads = First(c, e => e.Int("num_attention_heads")) ?? ShapeInference.Heads(width),
            MlpWidth = First(c, e => e.Int("intermediate_size")) ?? b.MlpWidth,
            Activation = Activate(c.Select(e => e.String("hidden_act")).FirstOrDefault(a => a is not null) ?? defaults.Activation, file),
            Epsilon = (float)(First(c, e => e.Number("layer_norm_eps")) ?? defaults.Epsilon),
        };
    }

    /// <summary>transformers' name of a nonlinearity.</summary>
    internal static string NameOf(Activation activation) => _activations.First(a => a.Activation == activation).Name;

    private static Activation Activate(string name, string file) => _activations.FirstOrDefault(a => a.Name == name) is { Name: not null } known
        ? known.Activation
        : throw OpenClipConfig.Unknown(file, "hidden_act", name, "quick_gelu, gelu, gelu_pytorch_tanh, gelu_new and relu");

    private static PreprocessSpec Preprocess(PreprocessSpec defaults, string file)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "preprocessor_config.json");
        if (!File.Exists(path)) return defaults;
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var p = json.RootElement;
        var size = p.Object("size");
        return defaults with
        {
            Mean = p.Floats("image_mean") ?? defaults.Mean,
            Std = p.Floats("image_std") ?? defaults.Std,
            Interpolation = p.Int("resample") is 2 ? Interpolation.Bilinear : Interpolation.Bicubic,
            Resize = size.Int("height") is not null && p.Flag("do_center_crop") is not true ? ResizeMode.Squash : size.Int("shortest_edge") is not null || p.Int("size") is not null ? ResizeMode.Shortest : defaults.Resize,
        };
    }

    private static T? First<T>(JsonElement[] configs, Func<JsonElement, T?> read)
        where T : struct
    {
        foreach (var c in configs)
            if (read(c) is { } v) return v;
        return null;
    }
}
