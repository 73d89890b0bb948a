namespace NClip.Training.Optimization;

/// <summary>The course of the learning rate. (open_clip scheduler.py)</summary>
internal enum RateSchedule
{
    /// <summary>Half a cosine down to 0.</summary>
    Cosine,

    /// <summary>As it is after the warm-up.</summary>
    Constant,

    /// <summary>Constant, then down to <see cref="LearningRate.End"/> in the last steps.</summary>
    Cooldown,
}

/// <summary>A rate for each step: rises in a line, then goes by the schedule.</summary>
/// <param name="Schedule">Its course behind the warm-up.</param>
/// <param name="Base">The rate after the warm-up.</param>
/// <param name="Warmup">Steps of the warm-up; the last of them has the base rate.</param>
/// <param name="Total">Steps of the run.</param>
internal sealed record LearningRate(RateSchedule Schedule, double Base, int Warmup, int Total)
{
    /// <summary>Last steps, in which a cooldown goes down.</summary>
    public int Cooldown { get; init; }

    /// <summary>Its curve: 1 is a line.</summary>
    public double Power { get; init; } = 1;

    /// <summary>The rate it goes down to.</summary>
    public double End { get; init; }

    /// <summary>The rate of a step, counted from 0.</summary>
    public double At(int step)
    {
        if (step < Warmup) return Base * (step + 1) / Warmup;
        switch (Schedule)
        {
            case RateSchedule.Cosine: return 0.5 * (1 + Math.Cos(Math.PI * (step - Warmup) / (Total - Warmup))) * Base;
            case RateSchedule.Cooldown when step >= Total - Cooldown:
                var left = 1 - ((step - (double)(Total - Cooldown)) / Cooldown);
                return (Math.Pow(left, Power) * (Base - End)) + End;
            default: return Base;
        }
    }
}
