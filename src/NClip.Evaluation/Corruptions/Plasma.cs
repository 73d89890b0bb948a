namespace NClip.Evaluation;

/// <summary>Clouds by the diamond-square rule on a torus (Miller 1986), as the published fog draws them.</summary>
internal static class Plasma
{
    /// <param name="side">A power of two.</param>
    /// <param name="decay">By which the roughness falls from level to level.</param>
    /// <param name="uniform">The next uniform number, -1..1.</param>
    /// <returns>[side, side], scaled to 0..1.</returns>
    public static double[,] Draw(int side, double decay, Func<double> uniform)
    {
        var m = new double[side, side];
        var wobble = 100.0;
        for (var step = side; step >= 2; step /= 2, wobble /= decay)
        {
            var half = step / 2;
            double At(int y, int x) => m[(y + side) % side, (x + side) % side];
            double Next(double sum) => (sum / 4) + (wobble * (wobble * uniform()));
            // The middle of each square; then the middles of its sides, whose neighbours are corners and middles.
            for (var y = 0; y < side; y += step)
                for (var x = 0; x < side; x += step) m[y + half, x + half] = Next(At(y, x) + At(y + step, x) + At(y, x + step) + At(y + step, x + step));
            for (var y = 0; y < side; y += step)
                for (var x = 0; x < side; x += step) m[y, x + half] = Next(At(y + half, x + half) + At(y - half, x + half) + At(y, x) + At(y, x + step));
            for (var y = 0; y < side; y += step)
                for (var x = 0; x < side; x += step) m[y + half, x] = Next(At(y + half, x + half) + At(y + half, x - half) + At(y, x) + At(y + step, x));
        }
        var (min, max) = (m.Cast<double>().Min(), m.Cast<double>().Max());
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++) m[y, x] = max > min ? (m[y, x] - min) / (max - min) : 0;
        return m;
    }
}
