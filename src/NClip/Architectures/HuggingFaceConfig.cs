using NClip.Images;
using NClip.Text;

namespace NClip.Architectures;

/// <summary>transformers' config.json (and preprocessor_config.json beside it) -> what shapes do not show. (CLIPConfig, SiglipConfig, ChineseCLIPConfig, MetaClip2Config)</summary>
internal static class HuggingFaceConfig
{
    /// <summary>The first of several names is the one that is written.</summary>
    private static readonly (string Name, Activation Activation)[] _activations =
    [
        ("quick_gelu", Activation.QuickGelu), ("gelu", Activation.Gelu), ("relu", Activation.Relu),
        ("gelu_pytorch_tanh", Activation.GeluTanh), ("gelu_new", Activation.GeluTanh), ("gelu_fast", Activation.GeluTanh),
    ];

    public static ClipSpec Apply(ConfigSection root, ClipSpec spec)
    {
        var siglip = spec.Logits == LogitKind.Sigmoid;
        var metaClip2 = root.String("model_type") == "metaclip_2";
        var defaults = siglip ? ("gelu_pytorch_tanh", 1e-6) : ("quick_gelu", 1e-5);
        ConfigSection[] vision = [root.Object("vision_config_dict"), root.Object("vision_config")];
        ConfigSection[] text = [root.Object("text_config_dict"), root.Object("text_config")];
        var embed = root.Int("projection_dim", ConfigRange.Width);

        var image = spec.Image;
        if (image is VisionTransformerSpec v)
        {
            var (h, w) = First(vision, c => c.Size("image_size")) ?? (v.Height, v.Width);
            v = v with
            {
                Height = h,
                Width = w,
                PatchSize = First(vision, c => c.Int("patch_size", ConfigRange.Side)) ?? v.PatchSize,
                Layers = First(vision, c => c.Int("num_hidden_layers", ConfigRange.Layers)) ?? v.Layers,
                Block = Block(v.Block, vision, defaults),
            };
            image = v with { PooledWidth = v.Block.Width, PoolerHeads = v.Block.Heads, Projection = v.Projection with { In = v.Block.Width } };
        }
        TextTowerSpec tower = spec.Text switch
        {
            TextTransformerSpec t => Text(t, text, defaults, siglip, metaClip2),
            BertSpec b => Bert(text[1], b) with { Pooling = BertPooling.First },
            var other => other,
        };
        if (embed is { } e) (image, tower) = (image with { Projection = ShapeInference.Out(image.Projection, e) }, tower with { Projection = ShapeInference.Out(tower.Projection, e) });
        return spec with
        {
            EmbedDim = tower.FeatureWidth,
            Image = image,
            Text = tower,
            Preprocess = Preprocess(ShapeInference.Preprocess(Naming.HuggingFace, image, siglip), root.File),
            Context = metaClip2 ? XlmContext(tower, text) : ShapeInference.Context(tower, siglip),
        };
    }

    /// <summary>A BERT's or RoBERTa's configuration.</summary>
    internal static BertSpec Bert(ConfigSection c, BertSpec s)
    {
        var roberta = c.String("model_type") is { } type ? type.Contains("roberta", StringComparison.Ordinal) : s.Roberta;
        if (c.String("position_embedding_type") is { } p && p != "absolute") throw c.Unknown("position_embedding_type", p, "absolute");
        return s with
        {
            Vocabulary = c.Int("vocab_size", ConfigRange.Rows) ?? s.Vocabulary,
            Positions = c.Int("max_position_embeddings", ConfigRange.Positions) ?? s.Positions,
            TokenTypes = c.Int("type_vocab_size", ConfigRange.Rows) ?? s.TokenTypes,
            Layers = c.Int("num_hidden_layers", ConfigRange.Layers) ?? s.Layers,
            Width = c.Int("hidden_size", ConfigRange.Width) ?? s.Width,
            Heads = c.Int("num_attention_heads", ConfigRange.Width) ?? s.Heads,
            MlpWidth = c.Int("intermediate_size", ConfigRange.Rows) ?? s.MlpWidth,
            Activation = Activate([c], "gelu"),
            Epsilon = (float)(c.Number("layer_norm_eps", 0, 1) ?? 1e-12),
            PadId = c.Int("pad_token_id", ConfigRange.Id) ?? (roberta ? 1 : 0),
            Roberta = roberta,
        };
    }

    private static TextTransformerSpec Text(TextTransformerSpec t, ConfigSection[] c, (string, double) defaults, bool siglip, bool metaClip2)
    {
        t = t with
        {
            Vocabulary = First(c, e => e.Int("vocab_size", ConfigRange.Rows)) ?? t.Vocabulary,
            Context = First(c, e => e.Int("max_position_embeddings", ConfigRange.Positions)) ?? t.Context,
            Layers = First(c, e => e.Int("num_hidden_layers", ConfigRange.Layers)) ?? t.Layers,
            Block = Block(t.Block, c, defaults),
        };
        t = t with { Projection = t.Projection with { In = t.Block.Width } };
        if (siglip) return t with { Causal = false, Pooling = TextPooling.Last };
        // model_type clip: configurations older than transformers 4.30 say 2 and mean the largest id; weights were published with it.
        var end = First(c, e => e.Int("eos_token_id", ConfigRange.Id)) ?? (metaClip2 ? 2 : 49407);
        return end == 2 && !metaClip2 ? t with { Pooling = TextPooling.LargestId } : t with { Pooling = TextPooling.EndToken, EndId = end };
    }

    /// <summary>The special ids of MetaCLIP 2's vocabulary, XLM-V's. (transformers, MetaClip2TextConfig)</summary>
    private static ContextSpec XlmContext(TextTowerSpec text, ConfigSection[] c)
    {
        int Id(string name, int usual) => First(c, e => e.Int(name, ConfigRange.Id)) ?? usual;
        return new(text.Context, Id("bos_token_id", 0), Id("eos_token_id", 2), Id("pad_token_id", 1));
    }

    private static TransformerBlockSpec Block(TransformerBlockSpec b, ConfigSection[] c, (string Activation, double Epsilon) defaults)
    {
        var width = First(c, e => e.Int("hidden_size", ConfigRange.Width)) ?? b.Width;
        return b with
        {
            Width = width,
            Heads = First(c, e => e.Int("num_attention_heads", ConfigRange.Width)) ?? ShapeInference.Heads(width),
            MlpWidth = First(c, e => e.Int("intermediate_size", ConfigRange.Rows)) ?? b.MlpWidth,
            Activation = Activate(c, defaults.Activation),
            Epsilon = (float)(First(c, e => e.Number("layer_norm_eps", 0, 1)) ?? defaults.Epsilon),
        };
    }

    /// <summary>transformers' name of a nonlinearity.</summary>
    internal static string NameOf(Activation activation) => _activations.First(a => a.Activation == activation).Name;

    private static Activation Activate(ConfigSection[] configs, string usual)
    {
        var by = configs.FirstOrDefault(c => c.String("hidden_act") is not null);
        var name = by.String("hidden_act") ?? usual;
        return _activations.FirstOrDefault(a => a.Name == name) is { Name: not null } known ? known.Activation : throw by.Unknown("hidden_act", name, "quick_gelu, gelu, gelu_pytorch_tanh, gelu_new and relu");
    }

    private static PreprocessSpec Preprocess(PreprocessSpec defaults, string file)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "preprocessor_config.json");
        return File.Exists(path) ? ConfigFile.Read(path, p => Preprocess(defaults, p)) : defaults;
    }

    private static PreprocessSpec Preprocess(PreprocessSpec defaults, ConfigSection p)
    {
        var size = p.Object("size");
        return defaults with
        {
            Mean = p.Channels("image_mean", -1000, 1000) ?? defaults.Mean,
            Std = p.Channels("image_std", 0, 1000) ?? defaults.Std,
            Interpolation = p.Int("resample", ConfigRange.Id) is 2 ? Interpolation.Bilinear : Interpolation.Bicubic,
            Resize = size.Int("height", ConfigRange.Side) is not null && p.Flag("do_center_crop") is not true ? ResizeMode.Squash
                : size.Int("shortest_edge", ConfigRange.Side) is not null || p.Int("size", ConfigRange.Side) is not null ? ResizeMode.Shortest : defaults.Resize,
        };
    }

    private static T? First<T>(ConfigSection[] configs, Func<ConfigSection, T?> read)
        where T : struct
    {
        foreach (var c in configs)
            if (read(c) is { } v) return v;
        return null;
    }
}
