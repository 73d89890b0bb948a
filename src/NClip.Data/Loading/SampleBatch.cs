namespace NClip.Data;

/// <summary>Pictures as one tensor, with their texts. Dispose it when its pixels are done with: the loader fills them again.</summary>
public sealed class SampleBatch : IDisposable
{
    private readonly Action<float[]> _free;
    private readonly List<RawSample> _samples = [];
    private readonly List<string> _captions = [];
    private float[]? _pixels;

    internal SampleBatch(float[] pixels, int height, int width, Action<float[]> free) => (_pixels, Height, Width, _free) = (pixels, height, width, free);

    /// <summary>Number of pictures, N.</summary>
    public int Count => _samples.Count;

    /// <summary>Height of the pictures.</summary>
    public int Height { get; }

    /// <summary>Width of the pictures.</summary>
    public int Width { get; }

    /// <summary>[N, 3, Height, Width], normalised. Valid until the batch is disposed.</summary>
    public ReadOnlyMemory<float> Pixels => (_pixels ?? throw new ObjectDisposedException(nameof(SampleBatch))).AsMemory(0, Count * Length);

    /// <summary>One caption a picture, of those it has, chosen by seed, epoch and key; empty where it has none.</summary>
    public IReadOnlyList<string> Captions => _captions;

    /// <summary>What the source said of each picture: key, all captions, class, facts. Without the pictures.</summary>
    public IReadOnlyList<RawSample> Samples => _samples;

    /// <summary>The position behind the batch: save it, and the next run goes on with the next batch.</summary>
    public OrderState Next { get; private set; } = null!;

    /// <summary>How often everything had been seen before the last picture.</summary>
    public int Epoch { get; private set; }

    private int Length => 3 * Height * Width;

    internal void Add(DrawnSample drawn, string caption, ReadOnlySpan<float> pixels)
    {
        pixels.CopyTo(_pixels.AsSpan(Count * Length, Length));
        _samples.Add(drawn.Sample.WithoutImage());
        _captions.Add(caption);
        (Next, Epoch) = (drawn.Next, drawn.OrderEpoch);
    }

    /// <summary>Gives the pixels back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } pixels) _free(pixels);
    }
}
