using System.Collections.Concurrent;
using NClip.Images;

namespace NClip.Data;

/// <summary>A sample on its way through the workers.</summary>
internal sealed class DecodedSample(DrawnSample drawn)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DrawnSample Drawn => drawn;

    /// <summary>Ends when pixels or a fault are there.</summary>
    public Task Done => _done.Task;

    /// <summary>Why there are no pixels, or null.</summary>
    public string? Fault { get; private set; }

    /// <summary>[3, H, W], of the decoder's free arrays.</summary>
    public float[]? Pixels { get; set; }

    public void Succeed() => _done.SetResult();

    public void Break(string fault)
    {
        Fault = fault;
        _done.SetResult();
    }

    /// <summary>Stops the run.</summary>
    public void Fail(Exception e) => _done.SetException(e);
}

/// <summary>Decodes samples into arrays that are used again.</summary>
internal sealed class SampleDecoder(ISampleTransform transform, ulong seed, bool needsText)
{
    private readonly FreeArrays _arrays = new(3 * transform.Height * transform.Width);

    public int Height => transform.Height;

    public int Width => transform.Width;

    public int Length => _arrays.Length;

    /// <summary>Whatever is wrong with a sample becomes its fault.</summary>
    public void Decode(DecodedSample sample)
    {
        var raw = sample.Drawn.Sample;
        var pixels = _arrays.Take();
        string? fault = null;
        try
        {
            fault = raw.Fault ?? (needsText && raw.Captions.Count == 0 && raw.Label is null ? "the sample has neither a caption nor a class" : null);
            if (fault is null) Transform(raw, SampleRandom.Of(seed, "transform", raw.Key, sample.Drawn.Epoch), pixels);
        }
        catch (OutOfMemoryException e)
        {
            sample.Fail(e);
            return;
        }
        catch (Exception e)    // a transform may be anybody's
        {
            fault = e is ClipException ? e.Message : $"{e.GetType().Name}: {e.Message}";
        }
        finally
        {
            raw.Release();
        }
        if (fault is null)
        {
            sample.Pixels = pixels;
            sample.Succeed();
            return;
        }
        _arrays.Free(pixels);
        sample.Break(fault);
    }

    public string Caption(DrawnSample drawn) => drawn.Sample.Captions switch
    {
        [] => "",
        [var only] => only,
        var several => several[SampleRandom.Of(seed, "caption", drawn.Sample.Key, drawn.Epoch).Below(several.Count)],
    };

    public void Free(DecodedSample sample)
    {
        if (sample.Pixels is { } pixels) _arrays.Free(pixels);
        sample.Pixels = null;
    }

    private void Transform(RawSample raw, SampleRandom random, Span<float> pixels)
    {
        if (raw.ImagePath is not { } path)
        {
            transform.Apply(raw.Image, $"{raw.Source}/{raw.Key}", random, pixels);
            return;
        }
        using var file = EncodedFile.Read(path);
        transform.Apply(file.Bytes, path, random, pixels);
    }
}

/// <summary>Arrays of one length that are used again.</summary>
internal sealed class FreeArrays(int length)
{
    private readonly ConcurrentBag<float[]> _free = [];

    public int Length => length;

    public float[] Take() => _free.TryTake(out var array) ? array : new float[length];

    public void Free(float[] array) => _free.Add(array);
}
