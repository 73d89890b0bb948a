using System.Runtime.CompilerServices;

namespace NClip.Data;

/// <summary>Which samples of a stream a process decodes: of every <paramref name="Batch"/> in a row, the <paramref name="Rank"/>th share.</summary>
/// <param name="Rank">This process, from 0.</param>
/// <param name="Ranks">All processes.</param>
/// <param name="Batch">Samples of a batch, a multiple of the processes.</param>
internal sealed record BatchShare(int Rank, int Ranks, int Batch)
{
    /// <summary>The process that decodes the sample of a number.</summary>
    public int OwnerOf(long number) => (int)(number % Batch / (Batch / Ranks));
}

/// <summary>
/// The batches of one process, made by several that each decode a share of every batch. All draw the whole order, so that nobody has to be told what a batch holds;
/// only that a sample is broken is known to its decoder alone, and exchanged. Any <see cref="BatchShare.Batch"/> samples in a row hold as many of each process,
/// so a batch that a broken sample has made longer is still divided evenly but for that one.
/// </summary>
/// <param name="order">The samples in their order, without end.</param>
/// <param name="transform">Decoding.</param>
/// <param name="options">Sizes and limits; the batch size is that of all processes together.</param>
/// <param name="share">What this process decodes.</param>
/// <param name="exchange">Called by all processes at the same batch: the reasons found here by the sample's place, to those found by all.</param>
/// <param name="broken">The ledger.</param>
internal sealed class SharedBatchLoader(SampleOrder order, ISampleTransform transform, BatchOptions options, BatchShare share, Func<IReadOnlyDictionary<int, string>, IReadOnlyDictionary<int, string>> exchange, BrokenSamples broken)
{
    private readonly SampleDecoder _decoder = new(transform, order.Options.Seed, options.NeedsText);
    private readonly FreeArrays _pixels = new(checked(share.Batch / share.Ranks * 3 * transform.Height * transform.Width));

    /// <summary>The batches behind a position.</summary>
    /// <param name="from">A batch's <see cref="SharedBatch.Next"/>, or null: from the beginning.</param>
    /// <param name="phase">Its <see cref="SharedBatch.Phase"/>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<SharedBatch> ReadAsync(OrderState? from, int phase, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stream = new DecodedStream(order, from, _decoder, options.Workers ?? Environment.ProcessorCount, options.Ahead * share.Batch, number => share.OwnerOf(phase + number) == share.Rank, stop.Token);
        try
        {
            var (tally, ahead, number) = (new BrokenTally(options.MaxBroken, from is null), new Queue<(DecodedSample Sample, long Number)>(), (long)phase);
            while (true)
            {
                while (ahead.Count < share.Batch)
                {
                    var window = new List<DecodedSample>(share.Batch);
                    while (window.Count < share.Batch) window.Add(await NextAsync(stream, cancellationToken).ConfigureAwait(false));
                    foreach (var sample in Whole(window, tally, number)) ahead.Enqueue(sample);
                    number += window.Count;
                }
                yield return Batch([.. Enumerable.Range(0, share.Batch).Select(_ => ahead.Dequeue())]);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await stream.EndAsync().ConfigureAwait(false);
        }
    }

    private static async Task<DecodedSample> NextAsync(DecodedStream stream, CancellationToken cancellationToken)
    {
        var sample = await stream.Samples.ReadAsync(cancellationToken).ConfigureAwait(false);
        await sample.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
        return sample;
    }

    /// <summary>Those of a window that nobody found broken.</summary>
    private IEnumerable<(DecodedSample Sample, long Number)> Whole(List<DecodedSample> window, BrokenTally tally, long first)
    {
        var faults = exchange(window.Index().Where(s => s.Item.Fault is not null).ToDictionary(s => s.Index, s => s.Item.Fault!));
        foreach (var (i, sample) in window.Index())
        {
            var fault = faults.GetValueOrDefault(i);
            if (fault is not null) broken.Add(sample.Drawn.Sample, fault);
            tally.Add(sample.Drawn, fault);
            if (fault is null) yield return (sample, first + i);
        }
    }

    private SharedBatch Batch((DecodedSample Sample, long Number)[] samples)
    {
        var last = samples[^1];
        var rows = samples.OrderBy(s => share.OwnerOf(s.Number)).Select(s => s.Sample.Drawn).ToArray();
        var counts = Enumerable.Range(0, share.Ranks).Select(r => samples.Count(s => share.OwnerOf(s.Number) == r)).ToArray();
        var length = counts[share.Rank] * _decoder.Length;
        var own = length <= _pixels.Length ? new SampleBatch(_pixels.Take(), _decoder.Height, _decoder.Width, _pixels.Free) : new SampleBatch(new float[length], _decoder.Height, _decoder.Width, _ => { });
        foreach (var (sample, _) in samples.Where(s => s.Sample.Pixels is not null))
        {
            own.Add(sample.Drawn, _decoder.Caption(sample.Drawn), sample.Pixels.AsSpan(0, _decoder.Length));
            _decoder.Free(sample);
        }
        return new SharedBatch(own, [.. rows.Select(r => r.Sample.WithoutImage())], [.. rows.Select(_decoder.Caption)], counts, last.Sample.Drawn.Next, (int)((last.Number + 1) % share.Batch), last.Sample.Drawn.OrderEpoch);
    }
}
