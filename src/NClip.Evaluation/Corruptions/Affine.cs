namespace NClip.Evaluation;

/// <summary>The affine map that takes three moved points back to where they were.</summary>
internal static class Affine
{
    /// <param name="x">Middle.</param>
    /// <param name="y">Middle.</param>
    /// <param name="reach">Distance of the points from it on each axis.</param>
    /// <param name="move">How far they may move.</param>
    /// <param name="corners">Uniform numbers -1..1, x and y of the three.</param>
    public static Func<double, double, (double X, double Y)> Between(int x, int y, int reach, double move, double[,] corners)
    {
        (double X, double Y)[] to = [(x + reach, y + reach), (x + reach, y - reach), (x - reach, y - reach)];
        (double X, double Y)[] from = [.. to.Select((p, i) => (p.X + (move * corners[i, 0]), p.Y + (move * corners[i, 1])))];
        // Relative to the first point the map is linear: two equations for each row of it.
        var (ax, ay, bx, by) = (from[1].X - from[0].X, from[1].Y - from[0].Y, from[2].X - from[0].X, from[2].Y - from[0].Y);
        var area = (ax * by) - (ay * bx);
        (double X, double Y) Row(double a, double b) => (((a * by) - (b * ay)) / area, ((b * ax) - (a * bx)) / area);
        var (first, second) = (Row(to[1].X - to[0].X, to[2].X - to[0].X), Row(to[1].Y - to[0].Y, to[2].Y - to[0].Y));
        return (u, v) => (to[0].X + (first.X * (u - from[0].X)) + (first.Y * (v - from[0].Y)), to[0].Y + (second.X * (u - from[0].X)) + (second.Y * (v - from[0].Y)));
    }
}
