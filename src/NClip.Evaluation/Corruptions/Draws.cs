using NClip.Data;

namespace NClip.Evaluation;

/// <summary>Random numbers of other kinds than uniform.</summary>
internal static class Draws
{
    /// <summary>Standard normal (Box and Muller 1958).</summary>
    public static double Normal(SampleRandom random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Poisson of a mean below 700, by inversion.</summary>
    public static int Poisson(SampleRandom random, double mean)
    {
        var (u, p, n) = (random.NextDouble(), Math.Exp(-mean), 0);
        for (var sum = p; u > sum && n < 1000; sum += p) p *= mean / ++n;
        return n;
    }
}
