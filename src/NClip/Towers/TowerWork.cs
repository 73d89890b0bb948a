namespace NClip.Towers;

/// <summary>Arithmetic of a tower in floating point operations, a multiply-add counted as two: matrix products and convolutions. The network is run over shapes instead of numbers.</summary>
internal static class TowerWork
{
    /// <summary>One picture.</summary>
    public static double OfImage(ImageTowerSpec spec) => OnePicture(spec).Flops;

    /// <summary>Bytes of the largest value that a layer of the tower writes for one picture.</summary>
    public static long LargestOfImage(ImageTowerSpec spec) => OnePicture(spec).Largest * sizeof(float);

    /// <summary>One text of <paramref name="tokens"/> tokens.</summary>
    public static double OfText(TextTowerSpec spec, int tokens)
    {
        var ops = new ShapeOperators(spec.Tensors());
        spec.Build(ops, ((IOperators<Sized>)ops).Weights, new Sized(1, tokens));
        return ops.Flops;
    }

    private static ShapeOperators OnePicture(ImageTowerSpec spec)
    {
        var ops = new ShapeOperators(spec.Tensors());
        spec.Build(ops, ((IOperators<Sized>)ops).Weights["visual"], new Sized(1, 3, spec.Height, spec.Width));
        return ops;
    }
}
