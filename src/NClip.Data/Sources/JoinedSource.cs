namespace NClip.Data;

/// <summary>Several sources as one: the parts of the first, then those of the next.</summary>
public sealed class JoinedSource : ISampleSource
{
    private readonly IReadOnlyList<ISampleSource> _sources;
    private readonly int[] _ends;

    /// <param name="sources">At least one.</param>
    public JoinedSource(IReadOnlyList<ISampleSource> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        if (sources.Count == 0) throw new DataException("no source was given to join.");
        (_sources, _ends) = (sources, new int[sources.Count]);
        for (var i = 0; i < _ends.Length; i++) _ends[i] = checked((i == 0 ? 0 : _ends[i - 1]) + sources[i].PartCount);
    }

    /// <inheritdoc/>
    public string Name => string.Join("::", _sources.Select(s => s.Name));

    /// <inheritdoc/>
    public int PartCount => _ends[^1];

    /// <inheritdoc/>
    public string PartName(int part)
    {
        var (source, own) = Find(part);
        return source.PartName(own);
    }

    /// <inheritdoc/>
    public IEnumerable<RawSample> Read(int part, int skip, CancellationToken cancellationToken)
    {
        var (source, own) = Find(part);
        return source.Read(own, skip, cancellationToken);
    }

    private (ISampleSource Source, int Part) Find(int part)
    {
        var at = Array.BinarySearch(_ends, part + 1);
        if (at < 0) at = ~at;
        return (_sources[at], part - (at == 0 ? 0 : _ends[at - 1]));
    }
}
