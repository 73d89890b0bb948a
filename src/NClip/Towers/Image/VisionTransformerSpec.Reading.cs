using System.Text.Json;
using System.Text.RegularExpressions;
using NClip.Configuration;
using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>What tensors and configurations say of a ViT.</summary>
internal partial record VisionTransformerSpec
{
    /// <summary>Tensors to spec; heads, activation and pooling are the naming's house's where shapes do not show them.</summary>
    public static VisionTransformerSpec Infer(ModelTensors t)
    {
        var conv = t.Shape("visual.conv1.weight", 4);
        return Infer(t, (int)conv[0], (int)conv[3]);
    }

    /// <summary>The same of known channels and a known side of a patch.</summary>
    protected static VisionTransformerSpec Infer(ModelTensors t, int width, int patch)
    {
        var classToken = t.Has("visual.class_embedding");
        var positions = t.Shape("visual.positional_embedding", 2)[0] - (classToken ? 1 : 0);
        var grid = (int)Math.Round(Math.Sqrt(positions));
        var map = t.Has("visual.map_pool.latent");
        var block = TransformerBlockSpec.Infer(t, "visual.transformer.resblocks.", width, TransformerBlockSpec.UsualActivation(t.Naming, map), t.Naming == Naming.Timm || map ? 1e-6f : 1e-5f);
        var queries = t.Has("visual.attn_pool.query") ? t.Shape("visual.attn_pool.query", 2) : null;
        var pooled = (int)(queries?[1] ?? width);
        return new(grid * patch, grid * patch, patch, t.CountBlocks("visual.transformer.resblocks."), block)
        {
            ClassToken = classToken,
            PatchBias = t.Has("visual.conv1.bias"),
            NormPre = t.Has("visual.ln_pre.weight"),
            Pooling = map ? ImagePooling.Map : queries is not null ? ImagePooling.Queries : classToken ? ImagePooling.ClassToken : ImagePooling.Average,
            NormAfterPooling = t.Naming == Naming.Timm && !classToken,
            PoolerQueries = (int)(queries?[0] ?? 0),
            PoolerHeads = map ? block.Heads : 8,
            PooledWidth = pooled,
            Projection = ProjectionSpec.Infer(t, "visual.proj", pooled),
        };
    }

    /// <inheritdoc/>
    public override ImageTowerSpec WithOpenClip(OpenClipSection section)
    {
        var c = section.Section;
        if (c.Flag("input_patchnorm") == true) throw c.Unknown("input_patchnorm", "true", "false");
        var pool = c.Flag("global_average_pool") == true ? "avg" : c.String("pool_type") ?? "tok";
        var queries = c.Get("attentional_pool") switch
        {
            null or { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.True } => true,
            var other => throw c.Unknown("attentional_pool", other.ToString(), "true or false"),
        };
        var width = c.Int("width", ConfigRange.Width) ?? Block.Width;
        return this with
        {
            PatchSize = c.Int("patch_size", ConfigRange.Side) ?? PatchSize,
            Layers = c.Int("layers", ConfigRange.Layers) ?? Layers,
            Block = Block.WithOpenClip(section, width, width / (c.Int("head_width", ConfigRange.Width) ?? 64)),
            NormPre = !(c.Flag("no_ln_pre") ?? false),
            Pooling = queries ? ImagePooling.Queries : pool switch
            {
                "tok" => ImagePooling.ClassToken,
                "avg" => ImagePooling.Average,
                _ => throw c.Unknown("pool_type", pool, "tok and avg"),
            },
            NormAfterPooling = c.Flag("final_ln_after_pool") ?? false,
            PoolerQueries = c.Int("attn_pooler_queries", ConfigRange.Width) ?? c.Int("n_queries", ConfigRange.Width) ?? PoolerQueries,
            PoolerHeads = c.Int("attn_pooler_heads", ConfigRange.Width) ?? 8,
            PooledWidth = queries ? PooledWidth : width,
            Projection = Projection with { In = queries ? PooledWidth : width },
        };
    }

    /// <inheritdoc/>
    public override ImageTowerSpec WithTimm(ConfigSection c, string name)
    {
        var kwargs = c.Object("timm_model_kwargs");
        bool Named(string part) => name.Contains(part, StringComparison.Ordinal);
        var heads = kwargs.Int("num_heads", ConfigRange.Width) ?? (Named("so400m") || Named("giantopt") ? 16 : TransformerBlockSpec.UsualHeads(Block.Width));
        var act = kwargs.String("act_layer") ?? (Named("quickgelu") ? "quick_gelu" : MadeWithTanh.IsMatch(name) ? "gelu_tanh" : "gelu");
        var pool = c.String("timm_pool");
        return this with
        {
            PatchSize = kwargs.Int("patch_size", ConfigRange.Side) ?? PatchSize,
            Layers = kwargs.Int("depth", ConfigRange.Layers) ?? Layers,
            Block = Block with
            {
                Width = kwargs.Int("embed_dim", ConfigRange.Width) ?? Block.Width,
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
                null or "" => Pooling,
                _ => throw c.Unknown("timm_pool", pool, "token, avg and map"),
            },
            NormAfterPooling = pool == "avg",
            PoolerHeads = heads,
        };
    }

    /// <inheritdoc/>
    public override ImageTowerSpec WithHuggingFace(HuggingFaceSection c)
    {
        var (height, width) = c.Size("image_size") ?? (Height, Width);
        var block = Block.WithHuggingFace(c);
        return this with
        {
            Height = height,
            Width = width,
            PatchSize = c.Int("patch_size", ConfigRange.Side) ?? PatchSize,
            Layers = c.Int("num_hidden_layers", ConfigRange.Layers) ?? Layers,
            Block = block,
            PooledWidth = block.Width,
            PoolerHeads = block.Heads,
            Projection = Projection with { In = block.Width },
        };
    }

    /// <summary>SigLIP trunks that timm makes with the tanh form of GELU, as big_vision does; the others have the exact one. (timm vision_transformer.py and naflexvit.py, the act_layer of each entrypoint)</summary>
    [GeneratedRegex("^(vit_base_patch32_siglip_256|vit_large_patch16_siglip_512|vit_so400m_patch16_siglip_|vit_giantopt_|naflexvit_[a-z0-9_]*siglip)", RegexOptions.CultureInvariant)]
    private static partial Regex MadeWithTanh { get; }
}
