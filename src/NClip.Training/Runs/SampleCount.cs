using NClip.Data;

namespace NClip.Training.Runs;

/// <summary>What a source holds, found by reading it once; pictures are not decoded.</summary>
/// <param name="Pairs">Samples that can be read; null where counting would be a download.</param>
/// <param name="Parts">Shards, or single samples.</param>
/// <param name="Labels">The classes that occur.</param>
internal sealed record SampleCount(long? Pairs, int Parts, IReadOnlyCollection<string> Labels)
{
    /// <param name="source">The data.</param>
    /// <param name="labels">Whether the classes are wanted.</param>
    /// <param name="cancellation">Ends it.</param>
    public static SampleCount Of(ISampleSource source, bool labels, CancellationToken cancellation)
    {
        var remote = source.Name.Contains("://", StringComparison.Ordinal);
        if (remote && !labels) return new(null, source.PartCount, []);
        if (!labels && !Enumerable.Range(0, source.PartCount).Any(i => IsShard(source.PartName(i)))) return new(source.PartCount, source.PartCount, []);
        var (pairs, found) = (0L, new SortedSet<string>(StringComparer.Ordinal));
        foreach (var sample in source.ReadAll(cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            if (sample.Fault is null) pairs++;
            if (labels && sample.Label is { } label) found.Add(label);
            sample.Release();
        }
        return new(pairs, source.PartCount, found);
    }

    private static bool IsShard(string part) => part.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) || part.EndsWith("gz", StringComparison.OrdinalIgnoreCase);
}
