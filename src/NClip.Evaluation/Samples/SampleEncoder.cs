using System.Collections.Concurrent;
using NClip.Data;

namespace NClip.Evaluation;

/// <summary>A source's pictures and texts -> features, by a model of this library. A sample that cannot be read is named and left out.</summary>
public static class SampleEncoder
{
    private const int TextsAtOnce = 1024;

    /// <summary>Features of all pictures of a source, in its order; the next ones are read while the tower works.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="source">The pictures.</param>
    /// <param name="broken">Told of each sample that cannot be used, and why; null: the first one ends the call.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="cancellationToken">Stops inside a batch.</param>
    /// <exception cref="ClipException">A sample cannot be used and nobody is told of it, or none can be used.</exception>
    public static Task<EncodedSamples> EncodeAsync(Clip clip, ISampleSource source, Action<string, string>? broken = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
        => EncodeAsync(clip, source, Whole, broken, progress, cancellationToken);

    /// <summary>As the other, for pictures that <paramref name="picture"/> makes of the samples, several at a time.</summary>
    internal static async Task<EncodedSamples> EncodeAsync(Clip clip, ISampleSource source, Func<RawSample, Task<ImageInput>> picture, Action<string, string>? broken, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(source);
        broken ??= (key, reason) => throw new EvaluationException($"{key} cannot be used: {reason}", source.Name);
        var under = new ConcurrentQueue<RawSample>(); // handed to the tower, in order
        var (features, facts, faults) = (new List<float>(), new List<SampleFacts>(), new ConcurrentQueue<(string Key, string Reason)>());
        IEnumerable<ImageInput> Pictures()
        {
            foreach (var (sample, input, fault) in Ahead(source.ReadAll(cancellationToken), picture))
            {
                if (fault is not null) faults.Enqueue((sample.Key, fault));
                else
                {
                    under.Enqueue(sample);
                    yield return input!;
                }
            }
        }
        await foreach (var encoded in clip.EncodeImagesAsync(Pictures(), cancellationToken).ConfigureAwait(false))
        {
            if (!under.TryDequeue(out var sample)) throw new EvaluationException("the tower gave a picture that it was not given.", source.Name);
            sample.Release();
            if (encoded.Error is { } e) broken(sample.Key, e.Message);
            else
            {
                features.AddRange(encoded.Features.Span);
                facts.Add(new(sample.Key, sample.Captions, sample.Label));
            }
            progress?.Report(facts.Count);
        }
        foreach (var (key, reason) in faults) broken(key, reason);
        return facts.Count > 0 ? new(new Matrix(facts.Count, clip.Spec.EmbedDim, [.. features]), facts)
            : throw new EvaluationException("not one picture can be used.", source.Name);
    }

    /// <summary>Features [N, D] of many texts, a group at a time.</summary>
    /// <exception cref="NClip.Text.ContextOverflowException">A text is too long and the model's options say throw.</exception>
    public static Matrix EncodeTexts(Clip clip, IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentNullException.ThrowIfNull(texts);
        var values = new float[checked(texts.Count * clip.Spec.EmbedDim)];
        for (var i = 0; i < texts.Count; i += TextsAtOnce)
        {
            clip.EncodeText([.. texts.Skip(i).Take(TextsAtOnce)], cancellationToken).CopyTo(values.AsSpan(i * clip.Spec.EmbedDim));
            progress?.Report(Math.Min(texts.Count, i + TextsAtOnce));
        }
        return new Matrix(texts.Count, clip.Spec.EmbedDim, values);
    }

    /// <summary>What messages call a sample's picture.</summary>
    internal static string Name(RawSample sample) => sample.ImagePath ?? $"{sample.Source}/{sample.Key}";

    private static Task<ImageInput> Whole(RawSample sample) => Task.FromResult(sample.ImagePath is { } path ? ImageInput.From(path) : ImageInput.From(sample.Image, Name(sample)));

    // Each sample with its picture or its fault, in order; a few are made at a time.
    private static IEnumerable<(RawSample Sample, ImageInput? Picture, string? Fault)> Ahead(IEnumerable<RawSample> samples, Func<RawSample, Task<ImageInput>> picture)
    {
        var window = new Queue<(RawSample Sample, Task<ImageInput>? Picture)>();
        foreach (var sample in samples)
        {
            window.Enqueue((sample, sample.Fault is null ? picture(sample) : null));
            if (window.Count > 2 * Environment.ProcessorCount) yield return Next();
        }
        while (window.Count > 0) yield return Next();

        (RawSample, ImageInput?, string?) Next()
        {
            var (sample, making) = window.Dequeue();
            try { return making is null ? (sample, null, sample.Fault) : (sample, making.GetAwaiter().GetResult(), null); }
            catch (ClipException e) { return (sample, null, e.Message); }
        }
    }
}
