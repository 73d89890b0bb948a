using System.Text.RegularExpressions;

namespace NClip.Architectures;

/// <summary>A timm trunk in an open_clip configuration: what its model name means, and what timm_model_kwargs change.</summary>
internal static partial class TimmConfig
{
    public static ImageTowerSpec Apply(ImageTowerSpec image, ConfigSection v, string name) => image switch
    {
        VisionTransformerSpec s => VisionTransformer(s, v, name),
        ConvNextSpec s => s with { Epsilon = name.StartsWith("convnext_xxlarge", StringComparison.Ordinal) ? 1e-5f : 1e-6f },
        _ => image,
    };

    private static VisionTransformerSpec VisionTransformer(VisionTransformerSpec s, ConfigSection v, string name)
    {
        var kwargs = v.Object("timm_model_kwargs");
        bool Named(string part) => name.Contains(part, StringComparison.Ordinal);
        var heads = kwargs.Int("num_heads", ConfigRange.Width) ?? (Named("so400m") || Named("giantopt") ? 16 : ShapeInference.Heads(s.Block.Width));
        var act = kwargs.String("act_layer") ?? (Named("quickgelu") ? "quick_gelu" : MadeWithTanh.IsMatch(name) ? "gelu_tanh" : "gelu");
        var pool = v.String("timm_pool");
        return s with
        {
            PatchSize = kwargs.Int("patch_size", ConfigRange.Side) ?? s.PatchSize,
            Layers = kwargs.Int("depth", ConfigRange.Layers) ?? s.Layers,
            Block = s.Block with
            {
                Width = kwargs.Int("embed_dim", ConfigRange.Width) ?? s.Block.Width,
                Heads = heads,
                Epsilon = Named("_clip_") ? 1e-5f : 1e-6f,
                Activation = act switch
                {
                    "gelu" => Activation.Gelu,
                    "gelu_tanh" => Activation.GeluTanh,
                    "quick_gelu" => Activation.QuickGelu,
                    _ => throw kwargs.Unknown("act_layer", act, "gelu, gelu_tanh and quick_gelu"),
                },
            },
            Pooling = pool switch
            {
                "token" => ImagePooling.ClassToken,
                "avg" => ImagePooling.Average,
                "map" => ImagePooling.Map,
                null or "" => s.Pooling,
                _ => throw v.Unknown("timm_pool", pool, "token, avg and map"),
            },
            NormAfterPooling = pool == "avg",
            PoolerHeads = heads,
        };
    }

    /// <summary>SigLIP trunks that timm makes with the tanh form of GELU, as big_vision does; the others have the exact one. (timm vision_transformer.py and naflexvit.py, the act_layer of each entrypoint)</summary>
    [GeneratedRegex("^(vit_base_patch32_siglip_256|vit_large_patch16_siglip_512|vit_so400m_patch16_siglip_|vit_giantopt_|naflexvit_[a-z0-9_]*siglip)", RegexOptions.CultureInvariant)]
    private static partial Regex MadeWithTanh { get; }
}
