using NClip.Architectures;

namespace NClip.Graphs;

/// <summary>The tokens of an image as one vector, ln_post included: [N·L, W] -> [N, W].</summary>
internal static class ImagePool
{
    public static Value Build(GraphWriter g, VisionTransformerSpec spec, Scope w, Value x)
    {
        Value Tokens(Value rows) => g.Reshape(rows, -1, spec.Tokens, spec.Block.Width);
        Value Norm(Value v) => g.LayerNorm(v, w["ln_post"], spec.Block.Epsilon);
        switch (spec.Pooling)
        {
            case ImagePooling.Average:
                Value Average(Value v) => g.Mean(spec.ClassToken ? g.Slice(v, 1, 1, spec.Tokens) : v, 1);
                return spec.NormAfterPooling ? Norm(Average(Tokens(x))) : Average(Norm(Tokens(x)));
            case ImagePooling.Queries:
                return Norm(Queries(g, spec, w["attn_pool"], x));
            case ImagePooling.Map:
                return Map(g, spec, w["map_pool"], Norm(x));
            default:
                return Norm(g.Take(Tokens(x), 1, 0));
        }
    }

    /// <summary>open_clip's AttentionalPooler; the first query's answer is the image's.</summary>
    private static Value Queries(GraphWriter g, VisionTransformerSpec spec, Scope w, Value x)
    {
        var width = spec.PooledWidth;
        var k = g.LayerNorm(x, w["ln_k"], spec.Block.Epsilon);
        var q = g.LayerNorm(w["query"], w["ln_q"], spec.Block.Epsilon);
        var a = w["attn"];
        var b = g.Split(a["in_proj_bias"], [width, width, width], 0);
        var m = spec.PooledWidth == spec.Block.Width
            ? g.Rows(a["in_proj_weight"], width, width, width)
            : [a["q_proj_weight"], a["k_proj_weight"], a["v_proj_weight"]];
        Value Apply(Value v, int i) => g.Op("Gemm", [v, m[i], b[i]], ("transB", 1));
        var first = g.Slice(q, 0, 0, 1);
        var answer = Attention.Build(g, Apply(first, 0), Apply(k, 1), Apply(k, 2), spec.PoolerHeads, width, queries: 1, keys: spec.Tokens, mask: null);
        return g.Linear(answer, a["out_proj"]);
    }

    /// <summary>SigLIP's head: one learned query, then x + mlp(norm(x)).</summary>
    private static Value Map(GraphWriter g, VisionTransformerSpec spec, Scope w, Value x)
    {
        var (width, a) = (spec.Block.Width, w["attn"]);
        var m = g.Rows(a["in_proj_weight"], width, 2 * width);
        var b = g.Split(a["in_proj_bias"], [width, 2 * width], 0);
        var q = g.Op("Gemm", [g.Reshape(w["latent"], 1, width), m[0], b[0]], ("transB", 1));
        var kv = g.Split(g.Op("Gemm", [x, m[1], b[1]], ("transB", 1)), [width, width], 1);
        var answer = g.Linear(Attention.Build(g, q, kv[0], kv[1], spec.PoolerHeads, width, queries: 1, keys: spec.Tokens, mask: null), a["out_proj"]);
        return g.Add(answer, TransformerBlock.FeedForward(g, spec.Block, w["mlp"], g.LayerNorm(answer, w["ln"], spec.Block.Epsilon)));
    }
}
