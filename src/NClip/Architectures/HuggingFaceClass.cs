using System.Text.Json.Nodes;
using NClip.Architectures.Namings;
using NClip.Images;
using NClip.Towers.Blocks;
using NClip.Towers.Image;
using NClip.Towers.Text;

namespace NClip.Architectures;

/// <summary>A model class of transformers that a spec can be written as.</summary>
/// <param name="Name">The class.</param>
/// <param name="Family">What its processor and tokenizer classes begin with.</param>
/// <param name="Names">Canonical names to its own.</param>
/// <param name="Needs">What it needs of a spec, each with whether it is so.</param>
/// <param name="Config">Its config.json; the architectures and the element type are added.</param>
internal sealed record HuggingFaceClass(string Name, string Family, NamingRule[] Names, Func<ClipSpec, IEnumerable<(bool Is, string What)>> Needs, Func<ClipSpec, JsonObject> Config)
{
    /// <summary>This id says that the largest one ends a text (configurations older than transformers 4.30, and OpenAI's published ones).</summary>
    private const int LargestIdEnds = 2;

    private static readonly HuggingFaceClass[] _all =
    [
        new("CLIPModel", "CLIP", HuggingFaceNames.WrittenClip,
            s => [.. ClipImage(s), .. CausalText(s), (s.Logits == LogitKind.Softmax, "logits without a bias")],
            s => Softmax("clip", s, Text("clip_text_model", (TextTransformerSpec)s.Text, s))),
        new("SiglipModel", "Siglip", HuggingFaceNames.WrittenSiglip,
            s => [.. SiglipImage(s), .. SiglipText(s), (s.Logits == LogitKind.Sigmoid, "a logit_bias")],
            s => Siglip("siglip", s, (VisionTransformerSpec)s.Image)),
        new("Siglip2Model", "Siglip2", HuggingFaceNames.WrittenSiglip,
            s => [.. NaflexImage(s), .. SiglipText(s), (s.Logits == LogitKind.Sigmoid, "a logit_bias")],
            Siglip2),
        new("ChineseCLIPModel", "ChineseCLIP", HuggingFaceNames.WrittenChineseClip,
            s => [.. ClipImage(s), .. BertText(s), (s.Logits == LogitKind.Softmax, "logits without a bias")],
            s => Softmax("chinese_clip", s, Text((BertSpec)s.Text))),
    ];

    /// <summary>The class that computes what <paramref name="spec"/> does.</summary>
    /// <param name="spec">A model.</param>
    /// <param name="file">For messages.</param>
    /// <exception cref="ClipException">There is none.</exception>
    public static HuggingFaceClass Of(ClipSpec spec, string file)
    {
        if (Find(spec) is { } found) return found;
        var needs = _all.GroupBy(c => c.Lacks(spec)).Select(g => $"{g.Key} ({string.Join(", ", g.Select(c => c.Name))})");
        throw new ClipException($"transformers has no class for this model ({spec.ImageTower}; {spec.TextTower}). It would have to have {string.Join(", or ", needs)}. --format onnx writes its towers for ONNX Runtime.", file);
    }

    /// <summary>As <see cref="Of"/>; null where there is none.</summary>
    public static HuggingFaceClass? Find(ClipSpec spec) => Array.Find(_all, c => c.Lacks(spec) is null);

    /// <summary>The first thing that a spec lacks for the class, or null.</summary>
    private string? Lacks(ClipSpec spec) =>
        Needs(spec).Append((spec.Preprocess.Resize != ResizeMode.Longest, "pictures that are cropped or squashed, not padded")).FirstOrDefault(n => !n.Item1).Item2;

    private static IEnumerable<(bool, string)> ClipImage(ClipSpec s) => s.Image is not VisionTransformerSpec v ? [(false, "a ViT as image tower")] :
    [
        .. AnyViT(v),
        (v is { ClassToken: true, Pooling: ImagePooling.ClassToken }, "an image tower that pools its class token"),
        (v.NormPre, "a norm before the image tower's blocks"),
        (!v.PatchBias, "a patch convolution without bias"),
        (v.Projection is { Kind: ProjectionKind.Linear, Bias: false }, "a matrix without bias as image projection"),
    ];

    private static IEnumerable<(bool, string)> SiglipImage(ClipSpec s) => s.Image is not VisionTransformerSpec v ? [(false, "a ViT as image tower")] : [.. AnyViT(v), .. SiglipPooling(v)];

    private static IEnumerable<(bool, string)> NaflexImage(ClipSpec s) => s.Image is not NaflexTransformerSpec v ? [(false, "NaFlex's ViT as image tower")] :
    [
        (Plain(v.Block), "plain blocks in the image tower"),
        (v.Filter == PositionFilter.Linear, "positions that a triangle filter resizes, as in transformers' files (open_clip's resizes by a cubic)"),
        .. SiglipPooling(v),
    ];

    private static IEnumerable<(bool, string)> SiglipPooling(VisionTransformerSpec v) =>
    [
        (v is { ClassToken: false, Pooling: ImagePooling.Map }, "an image tower that pools by attention, without class token"),
        (!v.NormPre, "no norm before the image tower's blocks"),
        (v.PatchBias, "a patch convolution with bias"),
        (v.PoolerHeads == v.Block.Heads, "as many heads in the image pooling as in the blocks"),
        (v.Projection.Kind == ProjectionKind.None, "no image projection"),
    ];

    private static IEnumerable<(bool, string)> AnyViT(VisionTransformerSpec v) => [(v.Height == v.Width, "square pictures"), (v.PatchInput is null, "pictures of one size"), (Plain(v.Block), "plain blocks in the image tower")];

    private static IEnumerable<(bool, string)> CausalText(ClipSpec s) => s.Text is not TextTransformerSpec t ? [(false, "CLIP's transformer as text tower")] :
    [
        (t.Causal, "a causal text tower"),
        (t.Pooling is TextPooling.LargestId or TextPooling.EndToken, "a text tower that pools the end token"),
        (t.Pooling != TextPooling.EndToken || t.EndId != LargestIdEnds, $"an end token other than {LargestIdEnds}, which there means the largest id"),
        (Plain(t.Block), "plain blocks in the text tower"),
        (t.Projection is { Kind: ProjectionKind.Linear, Bias: false }, "a matrix without bias as text projection"),
    ];

    private static IEnumerable<(bool, string)> SiglipText(ClipSpec s) => s.Text is not TextTransformerSpec t ? [(false, "CLIP's transformer as text tower")] :
    [
        (t is { Causal: false, Pooling: TextPooling.Last }, "a text tower without mask that pools the last token"),
        (Plain(t.Block), "plain blocks in the text tower"),
        (t.Projection is { Kind: ProjectionKind.Linear, Bias: true }, "a text projection with bias"),
    ];

    private static IEnumerable<(bool, string)> BertText(ClipSpec s) => s.Text is not BertSpec { Roberta: false } b ? [(false, "a BERT as text tower")] :
    [
        (b.Pooling == EncoderPooling.First, "a text tower that pools the first token"),
        (b.Projection is { Kind: ProjectionKind.Linear, Bias: false }, "a matrix without bias as text projection"),
    ];

    private static bool Plain(TransformerBlockSpec b) => b is { AttentionBias: true, LayerScale: false, QueryKeyNorm: false, ScaleHeads: false, NormInner: false, NormAttention: false, NormMlp: false };

    private static JsonObject Softmax(string type, ClipSpec s, JsonObject text)
    {
        var vision = Vision(type + "_vision_model", (VisionTransformerSpec)s.Image);
        vision["projection_dim"] = s.EmbedDim;
        return new()
        {
            ["model_type"] = type,
            ["projection_dim"] = s.EmbedDim,
            ["logit_scale_init_value"] = 2.6592,
            ["text_config"] = text,
            ["vision_config"] = vision,
        };
    }

    private static JsonObject Siglip(string type, ClipSpec s, VisionTransformerSpec v)
    {
        var t = (TextTransformerSpec)s.Text;
        var text = Transformer(type + "_text_model", t);
        text["projection_size"] = t.Projection.Out;
        text["pad_token_id"] = s.Context.PadId;
        return new() { ["model_type"] = type, ["text_config"] = text, ["vision_config"] = Vision(type + "_vision_model", v) };
    }

    /// <summary>Pictures of any shape: the grid of the position table takes the place of their size.</summary>
    private static JsonObject Siglip2(ClipSpec s)
    {
        var v = (NaflexTransformerSpec)s.Image;
        var config = Siglip("siglip2", s, v);
        var vision = config["vision_config"]!.AsObject();
        vision.Remove("image_size");
        vision["num_patches"] = v.Grid * v.Grid;
        return config;
    }

    private static JsonObject Text(string type, TextTransformerSpec t, ClipSpec s)
    {
        var text = Transformer(type, t);
        text["projection_dim"] = s.EmbedDim;
        text["bos_token_id"] = s.Context.StartId;
        text["eos_token_id"] = t.Pooling == TextPooling.EndToken ? t.EndId : LargestIdEnds;
        text["pad_token_id"] = 1; // as published; nothing in the tower looks at it
        return text;
    }

    private static JsonObject Transformer(string type, TextTransformerSpec t)
    {
        var text = Tower(type, t.Layers, t.Block.Width, t.Block.MlpWidth, t.Block.Heads, t.Block.Activation, t.Block.Epsilon);
        text["vocab_size"] = t.Vocabulary;
        text["max_position_embeddings"] = t.Context;
        return text;
    }

    private static JsonObject Text(BertSpec b)
    {
        var text = Tower("chinese_clip_text_model", b.Layers, b.Width, b.MlpWidth, b.Heads, b.Activation, b.Epsilon);
        text["vocab_size"] = b.Vocabulary;
        text["max_position_embeddings"] = b.Positions;
        text["type_vocab_size"] = b.TokenTypes;
        text["pad_token_id"] = b.PadId;
        return text;
    }

    private static JsonObject Vision(string type, VisionTransformerSpec v)
    {
        var vision = Tower(type, v.Layers, v.Block.Width, v.Block.MlpWidth, v.Block.Heads, v.Block.Activation, v.Block.Epsilon);
        vision["num_channels"] = 3;
        vision["image_size"] = v.Height;
        vision["patch_size"] = v.PatchSize;
        return vision;
    }

    private static JsonObject Tower(string type, int layers, int width, int mlp, int heads, Activation activation, float epsilon) => new()
    {
        ["model_type"] = type,
        ["hidden_size"] = width,
        ["intermediate_size"] = mlp,
        ["num_hidden_layers"] = layers,
        ["num_attention_heads"] = heads,
        ["hidden_act"] = ActivationNames.NameOf(activation),
        ["layer_norm_eps"] = epsilon,
    };
}
