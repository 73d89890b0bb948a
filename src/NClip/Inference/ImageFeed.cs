using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using NClip.Foundation;
using NClip.Images;

namespace NClip.Inference;

/// <summary>Pictures to features as a stream: batches are decoded and resized ahead of the tower, at most two of them waiting.</summary>
/// <param name="pipeline">Picture to pixels.</param>
/// <param name="tower">Preprocessed pictures to features [N, D].</param>
/// <param name="batchSize">Pictures in one run of the tower.</param>
/// <param name="threads">Pictures decoded at a time.</param>
internal sealed class ImageFeed(ImagePipeline pipeline, Func<ImageBatch, float[]> tower, int batchSize, int threads)
{
    private readonly ConcurrentBag<float[]> _free = []; // pixels of batches that are done: a new array for each would be 10 MB of garbage a moment

    private sealed record Batch(ImageInput[] Pictures, int First, ClipException?[] Errors, float[] Pixels, PictureSize[] Sizes)
    {
        public EncodedImage this[int i, ReadOnlyMemory<float> features] => new(Pictures[i].NameAt(First + i), features, Errors[i]);
    }

    /// <summary>Yields one result a picture, in order. Leaving the enumeration early stops the decoding.</summary>
    public async IAsyncEnumerable<EncodedImage> EncodeAsync(IEnumerable<ImageInput> pictures, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var channel = Channel.CreateBounded<Batch>(new BoundedChannelOptions(2) { SingleReader = true, SingleWriter = true });
        var decoding = Task.Run(() => DecodeAllAsync(pictures, channel.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var b in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var features = Encode(b);
                _free.Add(b.Pixels);
                for (var i = 0; i < features.Length; i++) yield return b[i, features[i]];
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await decoding.ConfigureAwait(false);
        }
    }

    /// <summary>Features of each picture of a batch, rows of one array; empty where the picture has an error.</summary>
    private ReadOnlyMemory<float>[] Encode(Batch b)
    {
        var good = Enumerable.Range(0, b.Pictures.Length).Where(i => b.Errors[i] is null).ToArray();
        var features = new ReadOnlyMemory<float>[b.Pictures.Length];
        if (good.Length == 0) return features;
        try
        {
            Encode(b, good, 0, features);
        }
        catch (Exception e) when (PartSession.IsOfBatch(e)) // too much memory, for instance: each alone may do
        {
            for (var row = 0; row < good.Length; row++)
            {
                try { Encode(b, good[row..(row + 1)], row, features); }
                catch (Exception alone) when (PartSession.IsOfBatch(alone)) { b.Errors[good[row]] = b.Pictures[good[row]].Failed(b.First + good[row], alone); }
            }
        }
        return features;
    }

    /// <summary>One run of the tower: the pictures whose pixels lie side by side from row <paramref name="row"/> on.</summary>
    private void Encode(Batch b, int[] pictures, int row, ReadOnlyMemory<float>[] features)
    {
        var size = pipeline.Length;
        var all = tower(pipeline.Batch(b.Pixels.AsMemory(row * size, pictures.Length * size), [.. pictures.Select(i => b.Sizes[i])]));
        var width = all.Length / pictures.Length;
        foreach (var (i, picture) in pictures.Index()) features[picture] = all.AsMemory(i * width, width);
    }

    private async Task DecodeAllAsync(IEnumerable<ImageInput> pictures, ChannelWriter<Batch> writer, CancellationToken cancellationToken)
    {
        try
        {
            var first = 0;
            foreach (var chunk in pictures.Chunk(batchSize))
            {
                await writer.WriteAsync(Decode(chunk, first, cancellationToken), cancellationToken).ConfigureAwait(false);
                first += chunk.Length;
            }
            writer.Complete();
        }
        catch (Exception e) // the reader throws it
        {
            writer.Complete(e);
        }
    }

    private Batch Decode(ImageInput[] pictures, int first, CancellationToken cancellationToken)
    {
        Given.All(pictures, "picture", "pictures");
        var (size, sizes, errors) = (pipeline.Length, new PictureSize[pictures.Length], new ClipException?[pictures.Length]);
        if (!_free.TryTake(out var pixels) || pixels.Length < pictures.Length * size) pixels = new float[pictures.Length * size];
        Parallel.For(0, pictures.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, i =>
        {
            try
            {
                sizes[i] = pictures[i].Read(pipeline, pixels.AsSpan(i * size, size), first + i);
            }
            catch (ImageException e)
            {
                errors[i] = e;
            }
        });
        var count = 0; // the readable ones move together: the tower runs on them alone
        for (var i = 0; i < pictures.Length; i++)
            if (errors[i] is null && count++ != i) pixels.AsSpan(i * size, size).CopyTo(pixels.AsSpan((count - 1) * size));
        return new Batch(pictures, first, errors, pixels, sizes);
    }
}
