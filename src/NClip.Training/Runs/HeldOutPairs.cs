using System.Numerics.Tensors;
using NClip.Data;
using NClip.Images;
using NClip.Training.RunFiles;

namespace NClip.Training.Runs;

/// <summary>Pairs that the run does not train on, in batches as large as the run's: how often a picture's own text is the nearest one of its batch, and the other way.</summary>
internal sealed class HeldOutPairs(EvaluationSettings settings, RunPlan plan) : IRunEvaluation
{
    private readonly ISampleSource _source = DataSource.Open(settings.Source);

    /// <inheritdoc/>
    public string Name => $"pairs of {settings.Source}";

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, double Value)> Measure(IFeatureEncoder model, CancellationToken cancellation)
    {
        var loader = new BatchLoader(new SampleOrder(_source, new OrderOptions(Shuffle: false, Epochs: 1)), new Evaluation(new ImagePipeline(model.Spec.Preprocess)),
            new BatchOptions(plan.Settings.Train.Batch, plan.Settings.Train.Workers > 0 ? plan.Settings.Train.Workers : null));
        var (pairs, images, texts) = (0, 0, 0);
        foreach (var batch in loader.ReadAsync(null, cancellation).ToBlockingEnumerable(cancellation))
        {
            using var _ = batch;
            var a = new Matrix(batch.Count, model.Spec.EmbedDim, model.EncodeImages(batch.Pixels, batch.Count));
            var b = new Matrix(batch.Count, model.Spec.EmbedDim, model.EncodeTexts(batch.Captions));
            (pairs, images, texts) = (pairs + batch.Count, images + Right(a.TimesTransposed(b, cancellationToken: cancellation)), texts + Right(b.TimesTransposed(a, cancellationToken: cancellation)));
        }
        return [("accuracy", (images + texts) / (2.0 * pairs)), ("image_to_text", (double)images / pairs), ("text_to_image", (double)texts / pairs), ("n", pairs)];
    }

    private static int Right(Matrix cosines) => Enumerable.Range(0, cosines.Rows).Count(i => TensorPrimitives.IndexOfMax(cosines.Row(i)) == i);
}
