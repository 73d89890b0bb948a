using NClip.Images;
using NClip.Text;

namespace NClip.Architectures;

/// <summary>Tensors -> ClipSpec: every number that shapes show, and the defaults of the naming's house for what they do not (heads, activation, pooling).</summary>
internal static class ShapeInference
{
    public static ClipSpec Infer(ModelTensors t)
    {
        var image = ConvolutionalTowers.Infer(t) ?? VisionTransformer(t);
        var siglip = t.Has("logit_bias");
        TextTowerSpec text = t.Has("bert.embeddings.word_embeddings.weight") ? Bert(t) : t.Has("bigram_embedding.weight") ? BagTransformer(t) : TextTransformer(t, siglip);
        image = image with { Projection = Out(image.Projection, text.FeatureWidth) };
        return new ClipSpec(text.FeatureWidth, siglip ? LogitKind.Sigmoid : LogitKind.Softmax, Preprocess(t.Naming, image, siglip), Context(text, siglip), image, text);
    }

    /// <summary>Image preprocessing of the naming's house for a tower of this size.</summary>
    internal static PreprocessSpec Preprocess(Naming naming, ImageTowerSpec image, bool siglip)
    {
        var flavour = naming == Naming.HuggingFace ? PipelineFlavour.HuggingFace : PipelineFlavour.OpenAI;
        var p = PreprocessSpec.OpenAI() with { Width = image.Width, Height = image.Height, Flavour = flavour };
        return siglip ? p with { Mean = [0.5f, 0.5f, 0.5f], Std = [0.5f, 0.5f, 0.5f], Resize = ResizeMode.Squash } : p;
    }

    /// <summary>Special ids that go with a text tower.</summary>
    internal static ContextSpec Context(TextTowerSpec text, bool siglip) => text switch
    {
        BertSpec { Roberta: true } b => new(b.Context, 0, 2, b.PadId),
        BertSpec b => new(b.Context, 101, 102, b.PadId),
        BagTransformerSpec b => new(b.Context, 2, 3, b.PadId),
        _ when siglip => new(text.Context, null, 1, text.Vocabulary > 100_000 ? 0 : 1),
        _ => new(text.Context, text.Vocabulary - 2, text.Vocabulary - 1, 0),
    };

    /// <summary>A linear layer or an MLP at <paramref name="at"/>, or nothing.</summary>
    internal static ProjectionSpec Projection(ModelTensors t, string at, int from)
    {
        if (t.Has(at + ".fc1.weight"))
        {
            var (hidden, to) = ((int)t.Shape(at + ".fc1.weight", 2)[0], (int)t.Shape(at + ".fc2.weight", 2)[0]);
            return new(ProjectionKind.Mlp, from, to) { Hidden = hidden, Bias = t.Has(at + ".fc1.bias") };
        }
        return t.Has(at)
            ? new(ProjectionKind.Linear, from, (int)t.Shape(at, 2)[1]) { Bias = t.Has(at + ".bias") }
            : new(ProjectionKind.None, from, from);
    }

    /// <summary>The projection, with the width of the shared space; without one, the tower's own width stays.</summary>
    internal static ProjectionSpec Out(ProjectionSpec p, int embed) => p.Kind == ProjectionKind.None ? p : p with { Out = embed };

    private static VisionTransformerSpec VisionTransformer(ModelTensors t)
    {
        var conv = t.Shape("visual.conv1.weight", 4);
        var (width, patch) = ((int)conv[0], (int)conv[3]);
        var classToken = t.Has("visual.class_embedding");
        var positions = t.Shape("visual.positional_embedding", 2)[0] - (classToken ? 1 : 0);
        var grid = (int)Math.Round(Math.Sqrt(positions));
        var map = t.Has("visual.map_pool.latent");
        var block = Block(t, "visual.transformer.resblocks.", width, HouseActivation(t, map), t.Naming == Naming.Timm || map ? 1e-6f : 1e-5f);
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
            Projection = Projection(t, "visual.proj", pooled),
        };
    }

    private static TextTransformerSpec TextTransformer(ModelTensors t, bool siglip)
    {
        var table = t.Shape("token_embedding.weight", 2);
        var block = Block(t, "transformer.resblocks.", (int)table[1], HouseActivation(t, siglip), siglip ? 1e-6f : 1e-5f);
        return new((int)table[0], (int)t.Shape("positional_embedding", 2)[0], t.CountBlocks("transformer.resblocks."), block)
        {
            Causal = !siglip,
            Pooling = siglip ? TextPooling.Last : TextPooling.LargestId,
            Projection = Projection(t, "text_projection", block.Width),
        };
    }

    private static BagTransformerSpec BagTransformer(ModelTensors t)
    {
        var table = t.Shape("token_embedding.weight", 2);
        var block = Block(t, "transformer.resblocks.", (int)table[1], Activation.Gelu, 1e-5f);
        return new((int)table[0], (int)t.Shape("positional_embedding", 2)[0], t.CountBlocks("transformer.resblocks."), block, (int)t.Shape("bigram_embedding.weight", 2)[0], (int)t.Shape("bag.c_fc.weight", 2)[0])
        {
            Projection = Projection(t, "text_projection", block.Width),
        };
    }

    private static BertSpec Bert(ModelTensors t)
    {
        var table = t.Shape("bert.embeddings.word_embeddings.weight", 2);
        var (width, positions) = ((int)table[1], (int)t.Shape("bert.embeddings.position_embeddings.weight", 2)[0]);
        var types = (int)t.Shape("bert.embeddings.token_type_embeddings.weight", 2)[0];
        var hidden = (int)t.Shape("bert.encoder.layer.0.intermediate.dense.weight", 2)[0];
        var roberta = types == 1;
        return new((int)table[0], Math.Min(t.Naming is Naming.HuggingFace or Naming.ChineseClip ? 52 : 77, positions), t.CountBlocks("bert.encoder.layer."), width, Heads(width), hidden)
        {
            Positions = positions,
            TokenTypes = types,
            Roberta = roberta,
            PadId = roberta ? 1 : 0,
            Epsilon = roberta ? 1e-5f : 1e-12f,
            HasPooler = t.Has("bert.pooler.dense.weight"),
            Pooling = BertPooling.First,
            Projection = Projection(t, "text_projection", width),
        };
    }

    private static TransformerBlockSpec Block(ModelTensors t, string prefix, int width, Activation activation, float epsilon)
    {
        var at = prefix + "0.";
        return new(width, Heads(width), (int)t.Shape(at + "mlp.c_fc.weight", 2)[0], activation, epsilon)
        {
            LayerScale = t.Has(at + "ls_1.gamma"),
            QueryKeyNorm = t.Has(at + "attn.ln_q.weight"),
            ScaleHeads = t.Has(at + "attn.head_scale"),
            NormInner = t.Has(at + "attn.ln_inner.weight"),
            NormAttention = t.Has(at + "ln_attn.weight"),
            NormMlp = t.Has(at + "mlp.ln.weight"),
        };
    }

    /// <summary>OpenAI's rule: heads of 64 channels.</summary>
    internal static int Heads(int width) => Math.Max(1, width / 64);

    private static Activation HouseActivation(ModelTensors t, bool siglip) => t.Naming switch
    {
        Naming.HuggingFace when siglip => Activation.GeluTanh,
        Naming.OpenClip or Naming.Timm => Activation.Gelu,
        _ => Activation.QuickGelu,
    };
}
