using System.Text.Json;

namespace NClip.Architectures;

/// <summary>A timm trunk in an open_clip configuration: what its model name means, and what timm_model_kwargs change.</summary>
internal static class TimmConfig
{
    public static ImageTowerSpec Apply(ImageTowerSpec image, JsonElement v, string name, string file) => image switch
    {
        VisionTransformerSpec s => VisionTransformer(s, v, name, file),
        ConvNextSpec s => s with { Epsilon = name.StartsWith("convnext_xxlarge", StringComparison.Ordinal) ? 1e-5f : 1e-6f },
        _ => image,
    };

    private static VisionTransformerSpec VisionTransformer(VisionTransformerSpec s, JsonElement v, string name, string file)
    {
        var kwargs = v.Object("timm_model_kwargs");
        bool Named(string part) => name.Contains(part, StringComparison.Ordinal);
        var heads = kwargs.Int("num_heads") ?? (Named("so400m") || Named("giantopt") ? 16 : ShapeInference.Heads(s.Block.Width));
        var act = kwargs.String("act_layer") ?? (Named("quickgelu") ? "quick_gelu" : Named("so400m") || Named("giantopt") ? "gelu_tanh" : "gelu");
        var pool = v.String("timm_pool");
        return s with
        {
            PatchSize = kwargs.Int("patch_size") ?? s.PatchSize,
            Layers = kwargs.Int("depth") ?? s.Layers,
            Block = s.Block with
            {
                Width = kwargs.Int("embed_dim") ?? s.Block.Width,
                Heads = heads,
                Epsilon = Named("_clip_") ? 1e-5f : 1e-6f,
                Activation = act switch
                {
                    "gelu" => Activation.Gelu,
                    "gelu_tanh" => Activation.GeluTanh,
                    "quick_gelu" => Activation.QuickGelu,
                    _ => throw OpenClipConfig.Unknown(file, "timm_model_kwargs.act_layer", act, "gelu, gelu_tanh and quick_gelu"),
                },
            },
            Pooling = pool switch
            {
                "token" => ImagePooling.ClassToken,
                "avg" => ImagePooling.Average,
                "map" => ImagePooling.Map,
                null or "" => s.Pooling,
                _ => throw OpenClipConfig.Unknown(file, "vision_cfg.timm_pool", pool, "token, avg and map"),
            },
            NormAfterPooling = pool == "avg",
            PoolerHeads = heads,
        };
    }
}
