using NClip.Towers.Blocks;

namespace NClip.Towers.Text;

/// <summary>Text tower with the encoder of M2M-100, which NLLB has: ids [N, L] -> features [N, D]. (Fan et al. 2020; transformers modeling_m2m_100.py)</summary>
internal static class M2M100
{
    public static T Build<T>(IOperators<T> ops, M2M100Spec spec, Scope<T> w, T ids)
        where T : class
    {
        var (at, length, width) = (w["m2m"], ops.Size(ids, 1), spec.Block.Width);
        var real = ops.IsNot(ids, spec.PadId);                                                            // [N, L], 1 where no padding
        var x = ops.Lookup(w["embed_tokens.weight"], ids);                                               // [N, L, W]
        if (spec.ScaleEmbedding) x = ops.Mul(x, ops.Constant(MathF.Sqrt(width)));
        var waves = ops.Constant(Sinusoids(spec.PadId + 1 + spec.Context, width, spec.PadId), spec.PadId + 1 + spec.Context, width);
        x = ops.Reshape(ops.Add(x, ops.Lookup(waves, RealTokens.Positions(ops, real, spec.PadId))), -1, width);
        var hidden = RealTokens.Hiding(ops, real);
        for (var i = 0; i < spec.Layers; i++) x = spec.Block.Build(ops, at[$"layers.{i}"], x, length, hidden);
        x = ops.Reshape(ops.LayerNorm(x, at["layer_norm"], spec.Block.Epsilon), -1, length, width);
        return Projection.Build(ops, spec.Projection, w["text_projection"], RealTokens.Pool(ops, spec.Pooling, x, real));
    }

    /// <summary>Row p: sin(p·f), then cos(p·f), f from 1 down to 1/10000 in equal ratios; padding's row is 0. float32 numbers, as in the original program.</summary>
    private static float[] Sinusoids(int rows, int width, int padId)
    {
        var (half, table) = (width / 2, new float[rows * width]);
        var step = (float)(Math.Log(10000) / (half - 1));
        for (var p = 0; p < rows; p++)
        {
            if (p == padId) continue;
            for (var j = 0; j < half; j++) (table[(p * width) + j], table[(p * width) + half + j]) = MathF.SinCos(p * MathF.Exp(j * -step));
        }
        return table;
    }
}
