namespace NClip.Data;

/// <summary>How samples become batches.</summary>
/// <param name="BatchSize">Samples in a batch, 1 or more. Default 64.</param>
/// <param name="Workers">Pictures decoded at once; the batches are the same with any number. Default: the processors of the machine.</param>
/// <param name="Ahead">Batches that are made before they are asked for, 1 or more. Default 2.</param>
/// <param name="DropLast">Whether the last batch of an order that ends is left out where it is not full. Default false.</param>
/// <param name="NeedsText">Whether a sample with neither caption nor class counts as broken. Default true.</param>
/// <param name="MaxBroken">Share of broken samples, 0..1, beyond which the run stops, from the hundredth sample on. Default 0.1; 1: never.</param>
public sealed record BatchOptions(int BatchSize = 64, int? Workers = null, int Ahead = 2, bool DropLast = false, bool NeedsText = true, double MaxBroken = 0.1)
{
    /// <summary>Checks the ranges.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    internal BatchOptions Validated() =>
        BatchSize < 1 || Workers < 1 || Ahead < 1 ? throw new DataException($"the batch size is {BatchSize}, with {Workers} workers and {Ahead} batches ahead; each must be 1 or more.")
        : MaxBroken is not (>= 0 and <= 1) ? throw new DataException($"the share of broken samples may be {MaxBroken}; 0..1 is expected.")
        : this;
}
