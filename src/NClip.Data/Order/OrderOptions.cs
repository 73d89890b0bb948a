namespace NClip.Data;

/// <summary>The order of samples. The same options and sources give the same order, on every machine.</summary>
/// <param name="Seed">Seed of every choice. Default 0.</param>
/// <param name="Shuffle">Parts in random order, another in each epoch, then <see cref="Window"/>. Default true; false: the source's own order.</param>
/// <param name="Window">So many neighbours are brought into random order together; as many are held encoded in memory. Default 2000, at least 1.</param>
/// <param name="Epochs">How often everything is seen; null (default): without end.</param>
/// <param name="Rank">Number of this process, 0 .. <see cref="Worlds"/> - 1. Default 0.</param>
/// <param name="Worlds">Processes that share the samples: each sample is seen by one of them in each epoch. Default 1.</param>
public sealed record OrderOptions(ulong Seed = 0, bool Shuffle = true, int Window = 2000, int? Epochs = null, int Rank = 0, int Worlds = 1)
{
    /// <summary>Checks the ranges.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    internal OrderOptions Validated() =>
        Window < 1 ? throw new DataException($"the window has {Window} samples; 1 or more are expected.")
        : Epochs < 1 ? throw new DataException($"{Epochs} epochs were asked for; 1 or more, or null for no end, are expected.")
        : Worlds < 1 || Rank < 0 || Rank >= Worlds ? throw new DataException($"the rank is {Rank} of {Worlds}; 0 to {Worlds - 1} of 1 or more is expected.")
        : this;
}

/// <summary>A source and how often it is drawn, relative to the others.</summary>
/// <param name="Source">The samples.</param>
/// <param name="Weight">Above 0.</param>
public sealed record WeightedSource(ISampleSource Source, double Weight);

/// <summary>A sample in its place.</summary>
/// <param name="Sample">What the source gave.</param>
/// <param name="Epoch">How often its own source had been seen whole before it.</param>
/// <param name="OrderEpoch">How often every source had been.</param>
/// <param name="Next">The position behind it: with it the order goes on at the next sample.</param>
public sealed record DrawnSample(RawSample Sample, int Epoch, int OrderEpoch, OrderState Next);
