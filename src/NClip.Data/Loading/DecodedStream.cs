using System.Threading.Channels;

namespace NClip.Data;

/// <summary>The samples of an order, read by one task, decoded by several, in their order. Begins at once.</summary>
internal sealed class DecodedStream
{
    private readonly Channel<DecodedSample> _ordered, _work;
    private readonly SampleDecoder _decoder;
    private readonly Task[] _tasks;

    /// <param name="order">The samples.</param>
    /// <param name="from">Where it begins; null: at the first.</param>
    /// <param name="decoder">What makes pixels of them.</param>
    /// <param name="workers">Samples decoded at once.</param>
    /// <param name="waiting">Samples that may wait to be taken.</param>
    /// <param name="mine">Whether a sample, by its number from 0, is decoded here; null: all are. The others come without pixels.</param>
    /// <param name="stop">Ends the tasks.</param>
    public DecodedStream(SampleOrder order, OrderState? from, SampleDecoder decoder, int workers, int waiting, Func<long, bool>? mine, CancellationToken stop)
    {
        _decoder = decoder;
        _ordered = Channel.CreateBounded<DecodedSample>(new BoundedChannelOptions(waiting) { SingleReader = true, SingleWriter = true });
        _work = Channel.CreateUnbounded<DecodedSample>(new UnboundedChannelOptions { SingleWriter = true });    // never holds more than the other
        _tasks = [Task.Run(() => FeedAsync(order, from, mine, stop), CancellationToken.None), .. Enumerable.Range(0, workers).Select(_ => Task.Run(() => DecodeAsync(stop), CancellationToken.None))];
    }

    /// <summary>In order; each is to be awaited.</summary>
    public ChannelReader<DecodedSample> Samples => _ordered.Reader;

    /// <summary>Waits for the tasks, which the token has to have ended, and gives back what nobody took.</summary>
    public async Task EndAsync()
    {
        await Task.WhenAll(_tasks).ConfigureAwait(false);
        while (_work.Reader.TryRead(out var waiting)) waiting.Drawn.Sample.Release();
        while (_ordered.Reader.TryRead(out var done)) _decoder.Free(done);
    }

    private async Task FeedAsync(SampleOrder order, OrderState? from, Func<long, bool>? mine, CancellationToken cancellationToken)
    {
        try
        {
            var number = 0L;
            foreach (var drawn in order.Read(from, cancellationToken))
            {
                var sample = new DecodedSample(drawn);
                var here = mine?.Invoke(number++) ?? true;
                if (!here)
                {
                    drawn.Sample.Release();
                    sample.Succeed();
                }
                await _ordered.Writer.WriteAsync(sample, cancellationToken).ConfigureAwait(false);
                if (here) _work.Writer.TryWrite(sample);
            }
            _ordered.Writer.Complete();
        }
        catch (Exception e)    // what came before is given, then this is thrown
        {
            _ordered.Writer.Complete(e);
        }
        _work.Writer.Complete();
    }

    private async Task DecodeAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && await _work.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
            while (!cancellationToken.IsCancellationRequested && _work.Reader.TryRead(out var sample)) _decoder.Decode(sample);
    }
}
