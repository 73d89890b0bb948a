using NClip.Towers.Image;

namespace NClip.Towers.Blocks;

/// <summary>The tokens of an image as one vector, ln_post included: [N·L, W] -> [N, W].</summary>
internal static class ImagePool
{
    /// <param name="ops">Whose operators.</param>
    /// <param name="spec">What pools them.</param>
    /// <param name="w">The tensors under <c>visual</c>.</param>
    /// <param name="x">The tokens.</param>
    /// <param name="length">L.</param>
    /// <param name="mask">Added to the scores of a MAP head, or null; the other pools see every token.</param>
    public static T Build<T>(IOperators<T> ops, VisionTransformerSpec spec, Scope<T> w, T x, Dim length, T? mask = null)
        where T : class
    {
        T Tokens(T rows) => ops.Reshape(rows, -1, length, spec.Block.Width);
        T Norm(T v) => ops.LayerNorm(v, w["ln_post"], spec.Block.Epsilon);
        switch (spec.Pooling)
        {
            case ImagePooling.Average:
                T Average(T v) => ops.Mean(spec.ClassToken ? ops.Slice(v, 1, 1, length) : v, 1);
                return spec.NormAfterPooling ? Norm(Average(Tokens(x))) : Average(Norm(Tokens(x)));
            case ImagePooling.Queries:
                return Norm(Queries(ops, spec, w["attn_pool"], x, length));
            case ImagePooling.Map:
                return Map(ops, spec.Block, spec.PoolerHeads, w["map_pool"], Norm(x), length, mask);
            default:
                return Norm(ops.Take(Tokens(x), 1, 0));
        }
    }

    /// <summary>open_clip's AttentionalPooler; the first query's answer is the image's.</summary>
    private static T Queries<T>(IOperators<T> ops, VisionTransformerSpec spec, Scope<T> w, T x, Dim length)
        where T : class
    {
        var width = spec.PooledWidth;
        var k = ops.LayerNorm(x, w["ln_k"], spec.Block.Epsilon);
        var q = ops.LayerNorm(w["query"], w["ln_q"], spec.Block.Epsilon);
        var a = w["attn"];
        var b = ops.Split(a["in_proj_bias"], [width, width, width], 0);
        var m = spec.PooledWidth == spec.Block.Width
            ? ops.Rows(a["in_proj_weight"], width, width, width)
            : [a["q_proj_weight"], a["k_proj_weight"], a["v_proj_weight"]];
        T Apply(T v, int i) => ops.Linear(v, m[i], b[i]);
        var first = ops.Slice(q, 0, 0, 1);
        var answer = Attention.Build(ops, new(spec.PoolerHeads, width, Queries: 1, Keys: length), Apply(first, 0), Apply(k, 1), Apply(k, 2));
        return ops.Linear(answer, a["out_proj"]);
    }

    /// <summary>SigLIP's head: one learned query, then x + mlp(norm(x)).</summary>
    public static T Map<T>(IOperators<T> ops, TransformerBlockSpec block, int heads, Scope<T> w, T x, Dim length, T? mask = null)
        where T : class
    {
        var (width, a) = (block.Width, w["attn"]);
        var m = ops.Rows(a["in_proj_weight"], width, 2 * width);
        var b = ops.Split(a["in_proj_bias"], [width, 2 * width], 0);
        var q = ops.Linear(ops.Reshape(w["latent"], 1, width), m[0], b[0]);
        var kv = ops.Split(ops.Linear(x, m[1], b[1]), [width, width], 1);
        var answer = ops.Linear(Attention.Build(ops, new(heads, width, Queries: 1, Keys: length), q, kv[0], kv[1], mask), a["out_proj"]);
        return ops.Add(answer, TransformerBlock.FeedForward(ops, block, w["mlp"], ops.LayerNorm(answer, w["ln"], block.Epsilon)));
    }
}
