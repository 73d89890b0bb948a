namespace NClip.Search;

/// <summary>What lies where a shard's file belongs.</summary>
public enum ShardCondition
{
    /// <summary>Its file, with every byte as it was written: a row or a reason for each of its pictures.</summary>
    Whole = 0,

    /// <summary>Nothing.</summary>
    Missing = 1,

    /// <summary>A file that was cut or changed.</summary>
    Damaged = 2,

    /// <summary>A whole file of another manifest or another shard.</summary>
    Foreign = 3,
}

/// <summary>A shard's file as it lies there.</summary>
/// <param name="Shard">Its number, from 0 on.</param>
/// <param name="Condition">What was found.</param>
/// <param name="Rows">Pictures that have features.</param>
/// <param name="Dimension">Values in a row.</param>
/// <param name="Quarantined">Pictures that could not be read, and why.</param>
/// <param name="Model">Fingerprint of the model, and how pictures were read and the tower computed: "3f2a... natural fp32". Null unless it is whole.</param>
/// <param name="Reason">What is wrong with it, or null.</param>
public sealed record ShardState(int Shard, ShardCondition Condition, int Rows, int Dimension, IReadOnlyList<FailedFile> Quarantined, string? Model, string? Reason);

/// <summary>What came of a shard.</summary>
/// <param name="State">Its file, which is whole.</param>
/// <param name="WasThere">Whether it was there before; then nothing was computed.</param>
/// <param name="Replaced">Why a file that was there was replaced, or null.</param>
public sealed record ShardResult(ShardState State, bool WasThere, string? Replaced);

/// <summary>All shards as one table.</summary>
/// <param name="Count">Rows.</param>
/// <param name="Dimension">Values in a row.</param>
/// <param name="Rows">Each picture's full path and its features, as the tower gave them, in the manifest's order. They are read from the shards each time they are enumerated.</param>
/// <param name="Quarantined">Pictures that have no row, and why, in the same order.</param>
public sealed record MergedShards(int Count, int Dimension, IEnumerable<(string File, ReadOnlyMemory<float> Features)> Rows, IReadOnlyList<FailedFile> Quarantined);
