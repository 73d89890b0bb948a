using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>Text tower with the encoder of T5 (second version) or mT5: ids [N, L] -> features [N, D]. (Raffel et al. 2020; Xue et al. 2021; transformers modeling_t5.py)</summary>
internal static class T5
{
    public static T Build<T>(IOperators<T> ops, T5Spec spec, Scope<T> w, T ids)
        where T : class
    {
        var (at, length, width) = (w["t5"], ops.Size(ids, 1), spec.Block.Width);
        var real = ops.IsNot(ids, spec.PadId);                                                       // [N, L], 1 where no padding
        var mask = ops.Add(Bias(ops, spec, at["relative_attention_bias.weight"], length), RealTokens.Hiding(ops, real));
        var x = ops.Reshape(ops.Lookup(w["embed_tokens.weight"], ids), -1, width);                  // [N·L, W]
        for (var i = 0; i < spec.Layers; i++) x = spec.Block.Build(ops, at["block"][$"{i}"], x, length, mask);
        x = ops.Reshape(ops.RmsNorm(x, at["final_layer_norm"], spec.Block.Epsilon), -1, length, width);
        return Projection.Build(ops, spec.Projection, w["text_projection"], RealTokens.Pool(ops, spec.Pooling, x, real));
    }

    /// <summary>What every layer adds to each head's scores by the distance from query to key: [H, L, L].</summary>
    private static T Bias<T>(IOperators<T> ops, T5Spec spec, Scope<T> table, Dim length)
        where T : class
    {
        var furthest = spec.Context - 1;
        var byDistance = ops.Lookup(table, ops.ToInteger(ops.Constant([.. Enumerable.Range(-furthest, (2 * furthest) + 1).Select(d => (float)spec.Bucket(d))], (2 * furthest) + 1)));
        var places = ops.Slice(ops.Constant([.. Enumerable.Range(0, spec.Context).Select(i => (float)i)], spec.Context), 0, 0, length);
        var distance = ops.Sub(ops.Unsqueeze(places, 0), ops.Unsqueeze(places, 1));                  // [query, key]
        return ops.Transpose(ops.Lookup(byDistance, ops.ToInteger(ops.Add(distance, ops.Constant((float)furthest)))), 2, 0, 1);
    }
}
