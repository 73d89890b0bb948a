namespace NClip.Data;

/// <summary>Goes through several sources at once: each draw chooses one by weight. An epoch ends when every source has been seen whole.</summary>
internal sealed class MixedCursor : IDisposable
{
    private readonly SourceCursor[] _cursors;
    private readonly double[] _ends;
    private readonly ulong _seed;
    private long _draws;

    public MixedCursor(IReadOnlyList<WeightedSource> sources, OrderOptions options, long draws, IReadOnlyList<SourcePosition> positions, CancellationToken cancellationToken)
    {
        _cursors = [.. sources.Select((s, i) => new SourceCursor(s.Source, i, options, positions[i], cancellationToken))];
        _ends = new double[sources.Count];
        var sum = 0.0;
        for (var i = 0; i < _ends.Length; i++) _ends[i] = sum += sources[i].Weight;
        (_seed, _draws) = (options.Seed, draws);
    }

    /// <summary>Epochs of the source that has been seen least.</summary>
    public int Epoch => _cursors.Min(c => c.Position.Epoch);

    public long Draws => _draws;

    public SourcePosition[] Positions => [.. _cursors.Select(c => c.Position)];

    /// <summary>The next sample and its source's epoch, or null at the end of an epoch of all.</summary>
    public (RawSample Sample, int Epoch)? Next()
    {
        var chosen = _cursors[Chosen()];
        while (true)
        {
            var (before, own) = (Epoch, chosen.Position.Epoch);
            if (chosen.Next() is { } sample)
            {
                _draws++;
                return (sample, own);
            }
            if (Epoch > before) return null;    // the draw is made again: the same source begins its next epoch
        }
    }

    private int Chosen()
    {
        if (_cursors.Length == 1) return 0;
        var at = SampleRandom.Of(_seed, "source", number: _draws).NextDouble() * _ends[^1];
        var i = 0;
        while (i < _ends.Length - 1 && at >= _ends[i]) i++;
        return i;
    }

    public void Dispose()
    {
        foreach (var cursor in _cursors) cursor.Dispose();
    }
}
