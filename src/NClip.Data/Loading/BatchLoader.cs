using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace NClip.Data;

/// <summary>Samples -> batches: read in order, decoded by several workers, put together in order. Broken samples go to the ledger and the next one takes their place.</summary>
public sealed class BatchLoader
{
    private readonly SampleOrder _order;
    private readonly BatchOptions _options;
    private readonly int _workers;
    private readonly SampleDecoder _decoder;
    private readonly FreeArrays _pixels;

    /// <param name="order">The samples in their order.</param>
    /// <param name="transform">Decoding: <see cref="Augmentation"/> or <see cref="Evaluation"/>.</param>
    /// <param name="options">Sizes and limits; null for the defaults.</param>
    /// <param name="broken">The ledger; null: one that only counts. It is the caller's to dispose.</param>
    /// <exception cref="DataException">An option is out of its range.</exception>
    public BatchLoader(SampleOrder order, ISampleTransform transform, BatchOptions? options = null, BrokenSamples? broken = null)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(transform);
        (_order, _options, Broken) = (order, (options ?? new BatchOptions()).Validated(), broken ?? new BrokenSamples());
        _workers = _options.Workers ?? Environment.ProcessorCount;
        _decoder = new SampleDecoder(transform, order.Options.Seed, _options.NeedsText);
        _pixels = new FreeArrays(checked(_options.BatchSize * _decoder.Length));
    }

    /// <summary>What could not be used.</summary>
    public BrokenSamples Broken { get; }

    /// <summary>The batches behind a position. Leaving the enumeration early, or the token, ends every reader and worker before control comes back.</summary>
    /// <param name="from">A batch's <see cref="SampleBatch.Next"/>, or null: from the beginning.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="DataException">The position belongs to other data, there is no sample that can be read, or too many are broken.</exception>
    public async IAsyncEnumerable<SampleBatch> ReadAsync(OrderState? from = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var batches = Channel.CreateBounded<SampleBatch>(new BoundedChannelOptions(_options.Ahead) { SingleReader = true, SingleWriter = true });
        var stream = new DecodedStream(_order, from, _decoder, _workers, 4 * _workers, null, stop.Token);
        var assembly = Task.Run(() => AssembleAsync(from is null, stream.Samples, batches.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return batch;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await assembly.ConfigureAwait(false);
            await stream.EndAsync().ConfigureAwait(false);
            while (batches.Reader.TryRead(out var batch)) batch.Dispose();
        }
    }

    private async Task AssembleAsync(bool fromStart, ChannelReader<DecodedSample> ordered, ChannelWriter<SampleBatch> batches, CancellationToken cancellationToken)
    {
        SampleBatch? batch = null;
        try
        {
            var tally = new BrokenTally(_options.MaxBroken, fromStart);
            await foreach (var sample in ordered.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await sample.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (sample.Fault is { } fault) Broken.Add(sample.Drawn.Sample, fault);
                tally.Add(sample.Drawn, sample.Fault);
                if (sample.Fault is not null) continue;
                batch ??= new SampleBatch(_pixels.Take(), _decoder.Height, _decoder.Width, _pixels.Free);
                batch.Add(sample.Drawn, _decoder.Caption(sample.Drawn), sample.Pixels.AsSpan(0, _decoder.Length));
                _decoder.Free(sample);
                if (batch.Count < _options.BatchSize) continue;
                await batches.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
                batch = null;
            }
            tally.End();
            if (batch is not null && !_options.DropLast) await batches.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            batches.Complete();
        }
        catch (Exception e)    // the consumer throws it
        {
            batch?.Dispose();
            batches.Complete(e);
        }
    }
}
