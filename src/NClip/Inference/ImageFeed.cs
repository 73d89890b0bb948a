using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NClip.Images;

namespace NClip.Inference;

/// <summary>Pictures to features as a stream: batches are decoded and resized ahead of the tower, at most two of them waiting.</summary>
internal sealed class ImageFeed(ImagePipeline pipeline, PreprocessSpec spec, int batchSize, int threads)
{
    private readonly int _size = 3 * spec.Height * spec.Width;
    private readonly ConcurrentBag<float[]> _free = []; // pixels of batches that are done: a new array for each would be 10 MB of garbage a moment

    private sealed record Batch(string[] Files, ClipException?[] Errors, float[] Pixels, int Count);

    /// <summary>Yields one result a file, in order. Leaving the enumeration early stops the decoding.</summary>
    public async IAsyncEnumerable<EncodedImage> EncodeAsync(IEnumerable<string> files, Func<ImageBatch, Matrix> encode, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<Batch>(new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true });
        var decoding = Task.Run(() => DecodeAllAsync(files, channel.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var b in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var features = b.Count == 0 ? null : encode(new ImageBatch(b.Pixels.AsMemory(0, b.Count * _size), b.Count, spec.Height, spec.Width));
                _free.Add(b.Pixels);
                for (int i = 0, row = 0; i < b.Files.Length; i++)
                    yield return b.Errors[i] is { } e ? new EncodedImage(b.Files[i], default, e) : new EncodedImage(b.Files[i], features!.Row(row++).ToArray(), null);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await decoding.ConfigureAwait(false);
        }
    }

    private async Task DecodeAllAsync(IEnumerable<string> files, ChannelWriter<Batch> writer, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var chunk in files.Chunk(batchSize))
                await writer.WriteAsync(Decode(chunk, cancellationToken), cancellationToken).ConfigureAwait(false);
            writer.Complete();
        }
        catch (Exception e) // the reader throws it
        {
            writer.Complete(e);
        }
    }

    private Batch Decode(string[] files, CancellationToken cancellationToken)
    {
        var errors = new ClipException?[files.Length];
        if (!_free.TryTake(out var pixels) || pixels.Length < files.Length * _size) pixels = new float[files.Length * _size];
        Parallel.For(0, files.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, i =>
        {
            try
            {
                pipeline.Process(files[i], pixels.AsSpan(i * _size, _size));
            }
            catch (ClipException e)
            {
                errors[i] = e;
            }
        });
        var count = 0; // the readable ones move together: the tower runs on them alone
        for (var i = 0; i < files.Length; i++)
            if (errors[i] is null && count++ != i) pixels.AsSpan(i * _size, _size).CopyTo(pixels.AsSpan((count - 1) * _size));
        return new Batch(files, errors, pixels, count);
    }
}
