namespace NClip.Data;

/// <summary>Goes through one source, epoch after epoch, as one rank of several sees it.</summary>
internal sealed class SourceCursor(ISampleSource source, int number, OrderOptions options, SourcePosition position, CancellationToken cancellationToken) : IDisposable
{
    // Enough parts: each rank has parts of its own. Fewer than ranks: every rank reads all parts and keeps every Worlds-th sample.
    private readonly bool _byPart = source.PartCount >= options.Worlds;
    private SourcePosition _position = position;
    private IEnumerator<RawSample>? _part;
    private int[]? _order;
    private bool _seen = position is not { Part: 0, Sample: 0 };    // something of this epoch, here or before the position was saved

    /// <summary>Where the next sample lies.</summary>
    public SourcePosition Position => _position;

    /// <summary>The next sample, or null at the end of an epoch; then the next call begins the next one.</summary>
    /// <exception cref="DataException">An epoch has no sample at all for this rank.</exception>
    public RawSample? Next()
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _order ??= options.Shuffle ? SampleRandom.Of(options.Seed, "parts", number.ToString(System.Globalization.CultureInfo.InvariantCulture), _position.Epoch).Permutation(source.PartCount) : [.. Enumerable.Range(0, source.PartCount)];
            var place = _byPart ? (_position.Part * options.Worlds) + options.Rank : _position.Part;
            if (place >= _order.Length)
            {
                if (!_seen) throw new DataException($"the source has no sample{(options.Worlds > 1 ? $" for rank {options.Rank} of {options.Worlds}" : "")}.", source.Name);
                (_position, _order, _seen) = (new SourcePosition(_position.Epoch + 1, 0, 0), null, false);
                return null;
            }
            _part ??= source.Read(_order[place], _position.Sample, cancellationToken).GetEnumerator();
            if (!_part.MoveNext())
            {
                _part.Dispose();
                _part = null;
                _position = _position with { Part = _position.Part + 1, Sample = 0 };
                continue;
            }
            var own = _byPart || _position.Sample % options.Worlds == options.Rank;
            _position = _position with { Sample = _position.Sample + 1 };
            if (!own)
            {
                _part.Current.Release();
                continue;
            }
            _seen = true;
            return _part.Current;
        }
    }

    public void Dispose() => _part?.Dispose();
}
