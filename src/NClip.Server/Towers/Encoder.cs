using NClip.Server.Guards;
using NClip.Server.Metrics;

namespace NClip.Server.Towers;

/// <summary>Texts and pictures of requests to features, through the towers' queues. What is wrong with an input is found before it meets others in a batch.</summary>
internal sealed class Encoder : IAsyncDisposable
{
    private readonly Clip _clip;
    private readonly BatchQueue<string, float[]> _texts;
    private readonly BatchQueue<ImageBatch, float[]> _pictures;
    private readonly SemaphoreSlim _decoders = new(Environment.ProcessorCount);

    public Encoder(Clip clip, ServerOptions options, ServerMeter meter)
    {
        _clip = clip;
        _texts = new((batch, stop) => Rows(clip.EncodeText(batch, stop)), options.MaxBatch, options.TowerQueue, options.Window, n => meter.Batch("text", n));
        _pictures = new((batch, stop) => Rows(clip.EncodeImage(Joined(batch), stop)), options.MaxBatch, options.TowerQueue, options.Window, n => meter.Batch("image", n));
        meter.Watch("text", () => _texts.Waiting);
        meter.Watch("image", () => _pictures.Waiting);
    }

    /// <summary>Features of texts, one row each.</summary>
    /// <exception cref="ClipException">One is empty or too long, or too many wait.</exception>
    public Task<float[][]> TextsAsync(IReadOnlyList<string> texts, CancellationToken cancellation)
    {
        foreach (var (i, t) in texts.Index())
        {
            if (string.IsNullOrWhiteSpace(t)) throw RefusedException.Bad(FormattableString.Invariant($"text {i} is empty."), "input");
            if (t.Length > MaxCharacters) throw RefusedException.Bad(FormattableString.Invariant($"text {i} has {t.Length} characters; {MaxCharacters} are taken."), "input");
            _ = _clip.Tokenize([t], cancellation);
        }
        return _texts.RunAsync(texts, cancellation);
    }

    /// <summary>Features of pictures, one row each.</summary>
    /// <param name="pictures">Bytes of picture files.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ClipException">One cannot be read, or too many wait.</exception>
    public async Task<float[][]> PicturesAsync(IReadOnlyList<ReadOnlyMemory<byte>> pictures, CancellationToken cancellation)
    {
        var read = new ImageBatch[pictures.Count];
        for (var i = 0; i < read.Length; i++)
        {
            await _decoders.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var input = ImageInput.From(pictures[i], FormattableString.Invariant($"picture {i}"));
                read[i] = await Task.Run(() => _clip.Preprocess([input], cancellation), cancellation).ConfigureAwait(false);
            }
            finally { _decoders.Release(); }
        }
        return await _pictures.RunAsync(read, cancellation).ConfigureAwait(false);
    }

    /// <summary>How many tokens texts have, start and end included.</summary>
    public int Tokens(IReadOnlyList<string> texts) => texts.Sum(t => Filled(_clip.Tokenize([t], default).Ids.Span));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _texts.DisposeAsync().ConfigureAwait(false);
        await _pictures.DisposeAsync().ConfigureAwait(false);
        _decoders.Dispose();
    }

    private const int MaxCharacters = 10_000;

    // Padding is one id, repeated to the end.
    private static int Filled(ReadOnlySpan<long> ids) => Math.Min(ids.Length, ids.TrimEnd(ids[^1]).Length + 1);

    private static float[][] Rows(Matrix features) => [.. Enumerable.Range(0, features.Rows).Select(i => features.Row(i).ToArray())];

    private static ImageBatch Joined(IReadOnlyList<ImageBatch> pictures)
    {
        if (pictures.Count == 1) return pictures[0];
        var length = pictures[0].Pixels.Length;
        var pixels = new float[length * pictures.Count];
        for (var i = 0; i < pictures.Count; i++) pictures[i].Pixels.Span.CopyTo(pixels.AsSpan(i * length));
        return pictures[0] with { Pixels = pixels, Count = pictures.Count, Sizes = pictures[0].Sizes is null ? null : [.. pictures.SelectMany(p => p.Sizes!)] };
    }
}
