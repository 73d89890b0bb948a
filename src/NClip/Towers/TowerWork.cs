namespace NClip.Towers;

/// <summary>Arithmetic of a tower in floating point operations, a multiply-add counted as two: matrix products and convolutions. The network is run over shapes instead of numbers.</summary>
internal static class TowerWork
{
    /// <summary>One picture.</summary>
    public static double OfImage(ImageTowerSpec spec)
    {
        var ops = new ShapeOperators(spec.Tensors());
        spec.Build(ops, ((IOperators<Sized>)ops).Weights["visual"], new Sized(1, 3, spec.Height, spec.Width));
        return ops.Flops;
    }

    /// <summary>One text of <paramref name="tokens"/> tokens.</summary>
    public static double OfText(TextTowerSpec spec, int tokens)
    {
        var ops = new ShapeOperators(spec.Tensors());
        spec.Build(ops, ((IOperators<Sized>)ops).Weights, new Sized(1, tokens));
        return ops.Flops;
    }
}
