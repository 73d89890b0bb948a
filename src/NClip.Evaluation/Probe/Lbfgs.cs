using System.Numerics.Tensors;

namespace NClip.Evaluation;

/// <summary>Limited-memory BFGS with a backtracking line search (Nocedal and Wright 2006, algorithms 7.4 and 3.1), for functions that are convex.</summary>
internal static class Lbfgs
{
    private const int Memory = 10;
    private const double Sufficient = 1e-4; // of the decrease that the slope promises
    private const int MostTries = 30;

    /// <summary>Value at a point; the gradient goes into the second array.</summary>
    public delegate double Objective(double[] at, double[] gradient);

    /// <summary>Walks from <paramref name="at"/>, which it changes, to where no component of the gradient is above <paramref name="tolerance"/>, or the value falls by less than <paramref name="least"/> of itself in a step.</summary>
    /// <param name="objective">The function.</param>
    /// <param name="at">The point.</param>
    /// <param name="steps">Steps at most.</param>
    /// <param name="tolerance">Of the gradient.</param>
    /// <param name="noise">Relative rounding of the value: of steps that change it less, the slope alone tells whether they are good (Hager and Zhang 2005).</param>
    /// <param name="least">Relative fall of the value that is no progress any more; below 0: the gradient alone decides.</param>
    /// <returns>The value there and the steps it took.</returns>
    public static (double Value, int Steps) Minimize(Objective objective, double[] at, int steps, double tolerance, double noise, double least)
    {
        var (gradient, direction, next, nextGradient) = (new double[at.Length], new double[at.Length], new double[at.Length], new double[at.Length]);
        var pairs = new List<(double[] S, double[] Y, double Rho)>(Memory);
        var value = objective(at, gradient);
        for (var step = 0; step < steps; step++)
        {
            if (TensorPrimitives.MaxMagnitude<double>(gradient) is var largest && Math.Abs(largest) <= tolerance) return (value, step);
            Direction(pairs, gradient, direction);
            var slope = TensorPrimitives.Dot<double>(direction, gradient);
            if (Search(objective, at, value, direction, slope, pairs.Count == 0 ? Math.Min(1, 1 / TensorPrimitives.Norm<double>(gradient)) : 1, noise, next, nextGradient) is not { } lower) return (value, step); // rounding: there is nothing lower to find
            Remember(pairs, at, next, gradient, nextGradient);
            var fall = (value - lower) / Math.Max(1, Math.Max(Math.Abs(value), Math.Abs(lower)));
            next.CopyTo(at, 0);
            (gradient, nextGradient, value) = (nextGradient, gradient, lower);
            if (fall <= least) return (value, step + 1);
        }
        return (value, steps);
    }

    private static void Direction(List<(double[] S, double[] Y, double Rho)> pairs, double[] gradient, double[] direction)
    {
        TensorPrimitives.Negate<double>(gradient, direction);
        Span<double> weights = stackalloc double[Memory];
        for (var i = pairs.Count - 1; i >= 0; i--)
        {
            weights[i] = pairs[i].Rho * TensorPrimitives.Dot<double>(pairs[i].S, direction);
            TensorPrimitives.MultiplyAdd(pairs[i].Y, -weights[i], direction, direction);
        }
        if (pairs is [.., var (s, y, _)]) TensorPrimitives.Multiply(direction, TensorPrimitives.Dot<double>(s, y) / TensorPrimitives.Dot<double>(y, y), direction);
        for (var i = 0; i < pairs.Count; i++)
            TensorPrimitives.MultiplyAdd(pairs[i].S, weights[i] - (pairs[i].Rho * TensorPrimitives.Dot<double>(pairs[i].Y, direction)), direction, direction);
    }

    private static double? Search(Objective objective, double[] at, double value, double[] direction, double slope, double length, double noise, double[] next, double[] nextGradient)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            TensorPrimitives.MultiplyAdd(direction, length, at, next);
            var found = objective(next, nextGradient);
            if (found <= value + (Sufficient * length * slope)) return found;
            if (found <= value + (noise * Math.Abs(value)) && Math.Abs(TensorPrimitives.Dot<double>(direction, nextGradient)) <= 0.8 * -slope) return found;
            var best = -slope * length * length / (2 * (found - value - (slope * length))); // of the parabola through what is known
            length = double.IsFinite(best) ? Math.Clamp(best, 0.1 * length, 0.5 * length) : 0.1 * length;
        }
        return null;
    }

    private static void Remember(List<(double[] S, double[] Y, double Rho)> pairs, double[] at, double[] next, double[] gradient, double[] nextGradient)
    {
        var full = pairs.Count == Memory;
        var (s, y) = full ? (pairs[0].S, pairs[0].Y) : (new double[at.Length], new double[at.Length]);
        if (full) pairs.RemoveAt(0);
        TensorPrimitives.Subtract<double>(next, at, s);
        TensorPrimitives.Subtract<double>(nextGradient, gradient, y);
        var curvature = TensorPrimitives.Dot<double>(s, y);
        if (curvature > 0) pairs.Add((s, y, 1 / curvature)); // rounding may hide what convexity promises
    }
}
