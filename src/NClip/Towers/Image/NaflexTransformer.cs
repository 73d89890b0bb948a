using NClip.Towers.Blocks;

namespace NClip.Towers.Image;

/// <summary>Image tower of SigLIP 2's NaFlex: patches of pictures of any shape -> features [N, D]. (transformers modeling_siglip2.py, Siglip2VisionTransformer; timm naflexvit.py, NaFlexVit)</summary>
internal static class NaflexTransformer
{
    /// <param name="ops">Whose operators.</param>
    /// <param name="spec">What it is made of.</param>
    /// <param name="w">The tensors under <c>visual</c>.</param>
    /// <param name="patches">[N, L, 3·P·P], the patches of a picture row by row, then padding.</param>
    /// <param name="mask">[N, L], 0 where a patch is padding.</param>
    /// <param name="shapes">[N, 2], rows and columns of patches.</param>
    public static T Build<T>(IOperators<T> ops, NaflexTransformerSpec spec, Scope<T> w, T patches, T mask, T shapes)
        where T : class
    {
        var sides = ops.Split(ops.ToFloat(shapes), [1, 1], 1);                                                          // [N, 1] each
        var hidden = ops.Unsqueeze(ops.Mul(ops.Sub(ops.IsNot(mask, 0), ops.Constant(1f)), ops.Constant(float.MaxValue)), 1, 2); // [N, 1, 1, L]
        return Build(ops, spec, w, patches, sides[0], sides[1], hidden);
    }

    /// <summary>The same of pictures of the tower's own size, [N, 3, H, W], none of whose patches is padding.</summary>
    public static T Build<T>(IOperators<T> ops, NaflexTransformerSpec spec, Scope<T> w, T pixels)
        where T : class
    {
        var (rows, columns, side) = (spec.Height / spec.PatchSize, spec.Width / spec.PatchSize, spec.PatchSize);
        T One(int n) => ops.Reshape(ops.Constant((float)n), 1, 1);
        var patches = ops.Transpose(ops.Reshape(pixels, -1, 3, rows, side, columns, side), 0, 2, 4, 3, 5, 1);           // [N, H/P, W/P, P, P, 3]
        return Build(ops, spec, w, ops.Reshape(patches, -1, rows * columns, spec.PatchValues), One(rows), One(columns), hidden: null);
    }

    private static T Build<T>(IOperators<T> ops, NaflexTransformerSpec spec, Scope<T> w, T patches, T rows, T columns, T? hidden)
        where T : class
    {
        var (width, length) = (spec.Block.Width, ops.Size(patches, 1));
        var x = ops.Linear(ops.Reshape(patches, -1, spec.PatchValues), w["conv1"]["weight"], spec.PatchBias ? w["conv1"]["bias"] : null);
        x = ops.Add(ops.Reshape(x, -1, length, width), Positions(ops, spec, w["positional_embedding"], rows, columns, length));
        if (spec.NormPre) x = ops.LayerNorm(x, w["ln_pre"], spec.Block.Epsilon);
        if (hidden is null) (x, length) = ops.Patches(x, length, kept: 0);
        x = ops.Reshape(x, -1, width);                                                                                  // [N·L, W]
        for (var i = 0; i < spec.Layers; i++)
            x = spec.Block.Build(ops, w[$"transformer.resblocks.{i}"], x, length, hidden);
        return Projection.Build(ops, spec.Projection, w["proj"], ImagePool.Build(ops, spec, w, x, length, hidden));
    }

    /// <summary>
    /// The table of positions, resized to each picture's grid: [N, L, W], or [1, L, W] of one grid. A resized position is a weighted sum of the table's, the weights
    /// of its row times those of its column; so the graph needs no resize, and the table has a gradient. Padding has the first patch's, as in transformers.
    /// </summary>
    /// <param name="ops">Whose operators.</param>
    /// <param name="spec">The table's grid, and the filter.</param>
    /// <param name="table">[G·G, W].</param>
    /// <param name="rows">[N, 1].</param>
    /// <param name="columns">[N, 1].</param>
    /// <param name="length">L.</param>
    private static T Positions<T>(IOperators<T> ops, NaflexTransformerSpec spec, Scope<T> table, T rows, T columns, Dim length)
        where T : class
    {
        var at = ops.Unsqueeze(ops.Range(length), 0);                                                                   // [1, L]
        at = ops.Mul(at, ops.Clamp(ops.Sub(ops.Mul(rows, columns), at), 0, 1));                                         // [N, L], 0 for padding
        var row = ops.ToFloat(ops.ToInteger(ops.Div(ops.Add(at, ops.Constant(0.5f)), columns)));
        var column = ops.Sub(at, ops.Mul(row, columns));
        var both = ops.Mul(ops.Unsqueeze(Weights(ops, spec, row, rows), 3), ops.Unsqueeze(Weights(ops, spec, column, columns), 2)); // [N, L, G, G]
        return ops.Reshape(ops.Project(ops.Reshape(both, -1, spec.Grid * spec.Grid), table), -1, length, spec.Block.Width);
    }

    /// <summary>Weights of the table's rows (or columns) for row <paramref name="at"/> [N, L] of <paramref name="count"/> [N, 1]: [N, L, G], which add up to one. Centres are at +0.5; the filter is as wide as a new row where that is wider than an old one.</summary>
    private static T Weights<T>(IOperators<T> ops, NaflexTransformerSpec spec, T at, T count)
        where T : class
    {
        var half = ops.Constant(0.5f);
        var scale = ops.Div(ops.Constant((float)spec.Grid), count);                                                     // old rows in a new one
        var centre = ops.Unsqueeze(ops.Mul(ops.Add(at, half), scale), 2);                                               // [N, L, 1]
        var distance = ops.Sub(ops.Add(ops.Range(spec.Grid), half), centre);                                            // [N, L, G]
        var away = ops.Add(ops.Relu(distance), ops.Relu(ops.Mul(distance, ops.Constant(-1f))));                           // |distance|
        var w = Filter(ops, spec.Filter, ops.Div(away, ops.Unsqueeze(ops.Clamp(scale, 1, null), 2)));
        return ops.Div(w, ops.Sum(w, 2, keep: true));
    }

    /// <summary>The filter at a distance t, which is not negative.</summary>
    private static T Filter<T>(IOperators<T> ops, PositionFilter filter, T t)
        where T : class
    {
        T Number(float x) => ops.Constant(x);
        if (filter == PositionFilter.Linear) return ops.Clamp(ops.Sub(Number(1), t), 0, null);
        // Both pieces are 0 at 1, and the outer one at 2.
        T Cubic(T x, float three, float two, float one, float none) => ops.Add(ops.Mul(ops.Add(ops.Mul(ops.Add(ops.Mul(x, Number(three)), Number(two)), x), Number(one)), x), Number(none));
        return ops.Add(Cubic(ops.Clamp(t, 0, 1), 1.5f, -2.5f, 0, 1), Cubic(ops.Clamp(t, 1, 2), -0.5f, 2.5f, -4, 2));
    }
}
