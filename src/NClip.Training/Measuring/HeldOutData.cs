using NClip.Architectures;
using NClip.Data;
using NClip.Evaluation;
using NClip.Images;
using NClip.Training.RunFiles;
using NClip.Training.Runs;

namespace NClip.Training.Measuring;

/// <summary>Data that a run does not train on, read in its order as the model wants it.</summary>
internal sealed class HeldOutData(EvaluationSettings settings, RunPlan plan)
{
    /// <summary>Pictures, or texts, encoded at once where the run's own parts are no smaller.</summary>
    private const int AtOnce = 64;

    private readonly ISampleSource _source = DataSource.Open(settings.Source);
    private readonly TrainSettings _train = plan.Settings.Train;

    /// <summary>Batches of the size; each is valid until the next.</summary>
    public IEnumerable<SampleBatch> Batches(ClipSpec spec, int size, CancellationToken cancellation)
    {
        var loader = new BatchLoader(new SampleOrder(_source, new OrderOptions(Shuffle: false, Epochs: 1)), new NClip.Data.Evaluation(new ImagePipeline(spec.Preprocess)),
            new BatchOptions(size, _train.Workers > 0 ? _train.Workers : null));
        foreach (var batch in loader.ReadAsync(null, cancellation).ToBlockingEnumerable(cancellation))
        {
            using (batch) yield return batch;
        }
    }

    /// <summary>Features of all pictures that can be read, and what the source says of each.</summary>
    public (EncodedSamples Encoded, IReadOnlyList<RawSample> Samples) Encode(IFeatureEncoder model, CancellationToken cancellation)
    {
        var (features, samples) = (new List<float>(), new List<RawSample>());
        foreach (var batch in Batches(model.Spec, Size, cancellation))
        {
            features.AddRange(model.EncodeImages(batch.Pixels, batch.Count));
            samples.AddRange(batch.Samples);
        }
        return (new(new Matrix(samples.Count, model.Spec.EmbedDim, [.. features]), [.. samples.Select(s => new SampleFacts(s.Key, s.Captions, s.Label))]), samples);
    }

    /// <summary>Features [N, D] of texts.</summary>
    public Matrix EncodeTexts(IFeatureEncoder model, IReadOnlyList<string> texts, CancellationToken cancellation)
    {
        var features = new List<float>();
        foreach (var some in texts.Chunk(Size))
        {
            cancellation.ThrowIfCancellationRequested();
            features.AddRange(model.EncodeTexts(some));
        }
        return new Matrix(texts.Count, model.Spec.EmbedDim, [.. features]);
    }

    /// <summary>Small pictures of some samples, read once more.</summary>
    public IReadOnlyDictionary<int, string> Thumbnails(IReadOnlyList<RawSample> samples, IEnumerable<int> wanted, CancellationToken cancellation) =>
        Measuring.Thumbnails.Of(_source, wanted.Distinct().ToDictionary(i => (samples[i].Source, samples[i].Position, samples[i].Key), i => i), cancellation);

    private int Size => Math.Min(AtOnce, Math.Max(1, _train.Batch / _train.Accumulate));
}
