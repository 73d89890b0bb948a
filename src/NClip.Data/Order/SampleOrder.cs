using System.Globalization;
using System.Text;

namespace NClip.Data;

/// <summary>Samples of one or several sources in an order that depends on the seed alone, and that can be left and taken up again at any sample.</summary>
public sealed class SampleOrder
{
    private readonly IReadOnlyList<WeightedSource> _sources;

    /// <summary>One source.</summary>
    /// <exception cref="DataException">An option is out of its range, or the source is empty.</exception>
    public SampleOrder(ISampleSource source, OrderOptions? options = null)
        : this([new WeightedSource(source, 1)], options)
    {
    }

    /// <summary>Several sources, one of them drawn for each sample by weight. Each begins again when it has been seen whole.</summary>
    /// <exception cref="DataException">An option or weight is out of its range, or a source is empty.</exception>
    public SampleOrder(IReadOnlyList<WeightedSource> sources, OrderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sources);
        if (sources.Count == 0) throw new DataException("no source was given.");
        foreach (var s in sources)
        {
            if (!(s.Weight > 0 && double.IsFinite(s.Weight))) throw new DataException($"the weight is {s.Weight}; a number above 0 is expected.", s.Source.Name);
            if (s.Source.PartCount == 0) throw new DataException("the source is empty.", s.Source.Name);
        }
        (_sources, Options) = (sources, (options ?? new OrderOptions()).Validated());
        Start = new OrderState(Fingerprint(), 0, 0, new SourcePosition[sources.Count], 0);
    }

    /// <summary>What the order depends on.</summary>
    public OrderOptions Options { get; }

    /// <summary>The position before the first sample.</summary>
    public OrderState Start { get; }

    /// <summary>The samples behind a position.</summary>
    /// <param name="from">A sample's <see cref="DrawnSample.Next"/>, or null: from the beginning.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DataException">The position belongs to other sources or options, or there is no sample.</exception>
    public IEnumerable<DrawnSample> Read(OrderState? from = null, CancellationToken cancellationToken = default)
    {
        from ??= Start;
        if (from.Fingerprint != Start.Fingerprint || from.Sources.Count != _sources.Count)
            throw new DataException("the saved position was made with other sources, weights, seed, window, rank or number of processes. Give the same, or begin anew without it.");
        return Windows(from, cancellationToken);
    }

    private IEnumerable<DrawnSample> Windows(OrderState at, CancellationToken cancellationToken)
    {
        using var cursor = new MixedCursor(_sources, Options, at.Draws, at.Sources, cancellationToken);
        var size = Options.Shuffle ? Options.Window : 1;
        var end = Options.Epochs ?? int.MaxValue;
        var window = new SampleWindow(cursor, at.Window, size, end);
        for (var done = at.Done; ; done = 0)
        {
            window.Complete();
            if (window.Epoch >= end) yield break;
            var (next, state) = (new SampleWindow(cursor, window.Number + 1, size, end), window.Begin(Start.Fingerprint));
            var order = Options.Shuffle ? SampleRandom.Of(Options.Seed, "window", number: window.Number).Permutation(window.Samples.Count) : [.. Enumerable.Range(0, window.Samples.Count)];
            for (var i = 0; i < order.Length; i++)
            {
                next.Step();
                var (sample, epoch) = window.Samples[order[i]];
                window.Samples[order[i]] = default;    // its picture must not stay for as long as the window
                if (i < done) sample.Release();
                else yield return new DrawnSample(sample, epoch, window.Epoch, i + 1 < order.Length ? state with { Done = i + 1 } : next.Begin(Start.Fingerprint));
            }
            window = next;
        }
    }

    private string Fingerprint()
    {
        var hash = SampleRandom.Hash(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Options.Seed} {Options.Shuffle} {Options.Window} {Options.Rank} {Options.Worlds}")), 0xCBF29CE484222325);
        foreach (var (source, weight) in _sources)
        {
            hash = SampleRandom.Hash(Encoding.UTF8.GetBytes(weight.ToString("R", CultureInfo.InvariantCulture)), hash);
            for (var part = 0; part < source.PartCount; part++) hash = SampleRandom.Hash(Encoding.UTF8.GetBytes(source.PartName(part)), hash);
        }
        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>Neighbours that are given in random order: up to a size, never across the end of an epoch. Filled while the window before it is given, so that reading and giving keep step.</summary>
    private sealed class SampleWindow(MixedCursor cursor, long number, int size, int end)
    {
        private readonly SourcePosition[] _positions = cursor.Positions;
        private readonly long _draws = cursor.Draws;
        private bool _closed = cursor.Epoch >= end;

        public long Number => number;

        public int Epoch { get; } = cursor.Epoch;

        public List<(RawSample Sample, int Epoch)> Samples { get; } = [];

        public OrderState Begin(string fingerprint) => new(fingerprint, number, _draws, _positions, 0);

        /// <summary>Reads one sample, unless the window is full, its epoch has ended, or the last epoch is over.</summary>
        public void Step()
        {
            if (_closed || Samples.Count == size) return;
            if (cursor.Next() is { } drawn) Samples.Add(drawn);
            else _closed = true;
        }

        public void Complete()
        {
            while (!_closed && Samples.Count < size) Step();
        }
    }
}
