using System.Text.Json;
using NClip.Images;

namespace NClip.Architectures;

/// <summary>open_clip_config.json -> what shapes do not show. (open_clip model.py: CLIPVisionCfg, CLIPTextCfg)</summary>
internal static class OpenClipConfig
{
    public static ClipSpec Apply(ConfigSection root, ClipSpec spec)
    {
        var model = root.Get("model_cfg") is null ? root : root.Object("model_cfg");
        var (vision, text) = (model.Object("vision_cfg"), model.Object("text_cfg"));
        var quick = model.Flag("quick_gelu") ?? false;
        var embed = model.Int("embed_dim", ConfigRange.Width) ?? spec.EmbedDim;
        var image = Image(spec.Image, vision, quick);
        TextTowerSpec tower = spec.Text switch
        {
            BertSpec s => Bert(s, text),
            BagTransformerSpec s => BagTransformer(s, text),
            _ => Text((TextTransformerSpec)spec.Text, text, quick),
        };
        image = image with { Projection = ShapeInference.Out(image.Projection, embed) };
        tower = tower with { Projection = ShapeInference.Out(tower.Projection, embed) };
        var siglip = spec.Logits == LogitKind.Sigmoid;
        return spec with
        {
            EmbedDim = embed,
            Image = image,
            Text = tower,
            Preprocess = Preprocess(root.Object("preprocess_cfg"), ShapeInference.Preprocess(Naming.OpenClip, image, siglip)),
            Context = ShapeInference.Context(tower, siglip),
        };
    }

    /// <summary>mean, std, interpolation, resize_mode over the defaults.</summary>
    internal static PreprocessSpec Preprocess(ConfigSection p, PreprocessSpec defaults) => defaults with
    {
        Mean = p.Channels("mean", -1000, 1000) ?? defaults.Mean,
        Std = p.Channels("std", 0, 1000) ?? defaults.Std,
        Interpolation = p.String("interpolation") switch
        {
            null or "bicubic" or "random" => Interpolation.Bicubic,
            "bilinear" => Interpolation.Bilinear,
            var other => throw p.Unknown("interpolation", other, "bicubic or bilinear"),
        },
        Resize = p.String("resize_mode") switch
        {
            null => defaults.Resize,
            "shortest" => ResizeMode.Shortest,
            "squash" => ResizeMode.Squash,
            "longest" => ResizeMode.Longest,
            var other => throw p.Unknown("resize_mode", other, "shortest, longest or squash"),
        },
    };

    private static ImageTowerSpec Image(ImageTowerSpec image, ConfigSection v, bool quick)
    {
        var (h, w) = v.Size("image_size") ?? (image.Height, image.Width);
        image = image with { Height = h, Width = w };
        if (image is ModifiedResNetSpec resnet) return resnet with { HeadWidth = v.Int("head_width", ConfigRange.Width) ?? 64 };
        if (v.String("timm_model_name") is { } name) return TimmConfig.Apply(image, v, name);
        if (image is not VisionTransformerSpec s) return image;

        if (v.Flag("input_patchnorm") == true) throw v.Unknown("input_patchnorm", "true", "false");
        var pool = v.Flag("global_average_pool") == true ? "avg" : v.String("pool_type") ?? "tok";
        var queries = v.Get("attentional_pool") switch
        {
            null or { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.True } => true,
            var other => throw v.Unknown("attentional_pool", other.ToString(), "true or false"),
        };
        var width = v.Int("width", ConfigRange.Width) ?? s.Block.Width;
        return s with
        {
            PatchSize = v.Int("patch_size", ConfigRange.Side) ?? s.PatchSize,
            Layers = v.Int("layers", ConfigRange.Layers) ?? s.Layers,
            Block = Block(s.Block, v, width, width / (v.Int("head_width", ConfigRange.Width) ?? 64), quick),
            NormPre = !(v.Flag("no_ln_pre") ?? false),
            Pooling = queries ? ImagePooling.Queries : pool switch
            {
                "tok" => ImagePooling.ClassToken,
                "avg" => ImagePooling.Average,
                _ => throw v.Unknown("pool_type", pool, "tok and avg"),
            },
            NormAfterPooling = v.Flag("final_ln_after_pool") ?? false,
            PoolerQueries = v.Int("attn_pooler_queries", ConfigRange.Width) ?? v.Int("n_queries", ConfigRange.Width) ?? s.PoolerQueries,
            PoolerHeads = v.Int("attn_pooler_heads", ConfigRange.Width) ?? 8,
            PooledWidth = queries ? s.PooledWidth : width,
            Projection = s.Projection with { In = queries ? s.PooledWidth : width },
        };
    }

    private static TextTransformerSpec Text(TextTransformerSpec s, ConfigSection t, bool quick)
    {
        if (t.Flag("embed_cls") == true) throw t.Unknown("embed_cls", "true", "false (CoCa's text tower is not supported yet)");
        var width = t.Int("width", ConfigRange.Width) ?? s.Block.Width;
        return s with
        {
            Vocabulary = t.Int("vocab_size", ConfigRange.Rows) ?? s.Vocabulary,
            Context = t.Int("context_length", ConfigRange.Positions) ?? s.Context,
            Layers = t.Int("layers", ConfigRange.Layers) ?? s.Layers,
            Block = Block(s.Block, t, width, t.Int("heads", ConfigRange.Width) ?? ShapeInference.Heads(width), quick),
            Causal = !(t.Flag("no_causal_mask") ?? false),
            Pooling = t.String("pool_type") switch
            {
                null or "argmax" => TextPooling.LargestId,
                "first" => TextPooling.First,
                "last" => TextPooling.Last,
                "eos" => TextPooling.EndToken,
                var other => throw t.Unknown("pool_type", other, "argmax, first, last and eos"),
            },
            EndId = t.Int("eos_id", ConfigRange.Id) ?? 2,
            Projection = s.Projection with { In = width },
        };
    }

    private static BagTransformerSpec BagTransformer(BagTransformerSpec s, ConfigSection t) => s with
    {
        Block = s.Block with { Heads = t.Int("heads", ConfigRange.Width) ?? s.Block.Heads },
        PairMultiplier = t.Int("bigram_multiplier", ConfigRange.Rows) ?? s.PairMultiplier,
        FirstWord = t.Int("first_word_id", ConfigRange.Id) ?? s.FirstWord,
        PadId = t.Int("pad_id", ConfigRange.Id) ?? s.PadId,
    };

    private static TransformerBlockSpec Block(TransformerBlockSpec b, ConfigSection c, int width, int heads, bool quick) => b with
    {
        Width = width,
        Heads = heads,
        MlpWidth = c.Number("mlp_ratio", 0, 256) is { } ratio ? (int)(width * ratio) : b.MlpWidth,
        Activation = quick ? Activation.QuickGelu : c.Object("act_kwargs").String("approximate") == "tanh" ? Activation.GeluTanh : Activation.Gelu,
        Epsilon = (float)(c.Object("norm_kwargs").Number("eps", 0, 1) ?? 1e-5),
        LayerScale = c.Get("ls_init_value") is not null,
        QueryKeyNorm = c.Flag("qk_norm") ?? false,
        ScaleHeads = c.Flag("scale_heads") ?? false,
        NormInner = c.Flag("scale_attn_inner") ?? false,
        NormAttention = c.Flag("scale_attn") ?? false,
        NormMlp = c.Flag("scale_fc") ?? false,
    };

    /// <summary>The text tower's own configuration lies beside, if anywhere; hf_model_name tells the house.</summary>
    private static BertSpec Bert(BertSpec s, ConfigSection t)
    {
        var own = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(t.File))!, "hf_text_config.json");
        if (File.Exists(own)) s = ConfigFile.Read(own, c => HuggingFaceConfig.Bert(c, s));
        return s with
        {
            Context = t.Int("context_length", ConfigRange.Positions) ?? s.Context,
            Pooling = t.String("hf_pooler_type") switch
            {
                null or "mean_pooler" => BertPooling.Mean,
                "cls_last_hidden_state_pooler" => BertPooling.First,
                "cls_pooler" => s.HasPooler ? BertPooling.FirstDense : BertPooling.First,
                var other => throw t.Unknown("hf_pooler_type", other, "mean_pooler, cls_pooler and cls_last_hidden_state_pooler"),
            },
        };
    }
}
