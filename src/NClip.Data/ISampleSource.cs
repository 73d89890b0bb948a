namespace NClip.Data;

/// <summary>Samples in parts that can be read on their own: the shards of a set, the rows of a table, the files of a folder. The order of the parts, and of the samples in one, is the same at every reading.</summary>
public interface ISampleSource
{
    /// <summary>What messages call it.</summary>
    string Name { get; }

    /// <summary>Number of parts: shards, or single samples where each can be read by itself.</summary>
    int PartCount { get; }

    /// <summary>What a part is called, without the folder it lies in: a saved position is bound to these names.</summary>
    string PartName(int part);

    /// <summary>The samples of a part from the <paramref name="skip"/>-th on. What cannot be read comes as a sample with a <see cref="RawSample.Fault"/>; this method throws for no content of a part.</summary>
    /// <param name="part">0 .. <see cref="PartCount"/> - 1.</param>
    /// <param name="skip">Samples to leave out at the beginning, those with a fault included.</param>
    /// <param name="cancellationToken">Ends waits for a server.</param>
    IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken);
}

/// <summary>Reading without an order of one's own.</summary>
public static class SampleSourceReading
{
    /// <summary>All samples once, in the source's order.</summary>
    public static IEnumerable<RawSample> ReadAll(this ISampleSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Enumerable.Range(0, source.PartCount).SelectMany(part => source.Read(part, 0, cancellationToken));
    }
}
