using System.Numerics.Tensors;
using NClip.Training.RunFiles;
using NClip.Training.Runs;

namespace NClip.Training.Measuring;

/// <summary>Pairs that the run does not train on, in batches as large as the run's: how often a picture's own text is the nearest one of its batch, and the other way.</summary>
internal sealed class HeldOutPairs(EvaluationSettings settings, RunPlan plan) : IRunEvaluation
{
    private readonly HeldOutData _data = new(settings, plan);

    /// <inheritdoc/>
    public string Name => $"pairs of {settings.Source}";

    /// <inheritdoc/>
    public RunFigures Measure(IFeatureEncoder model, bool examples, CancellationToken cancellation)
    {
        var (pairs, images, texts) = (0, 0, 0);
        foreach (var batch in _data.Batches(model.Spec, plan.Settings.Train.Batch, cancellation))
        {
            var a = new Matrix(batch.Count, model.Spec.EmbedDim, model.EncodeImages(batch.Pixels, batch.Count));
            var b = new Matrix(batch.Count, model.Spec.EmbedDim, model.EncodeTexts(batch.Captions));
            (pairs, images, texts) = (pairs + batch.Count, images + Right(a.TimesTransposed(b, cancellationToken: cancellation)), texts + Right(b.TimesTransposed(a, cancellationToken: cancellation)));
        }
        return new([("accuracy", (images + texts) / (2.0 * pairs)), ("image_to_text", (double)images / pairs), ("text_to_image", (double)texts / pairs), ("n", pairs)]);
    }

    private static int Right(Matrix cosines) => Enumerable.Range(0, cosines.Rows).Count(i => TensorPrimitives.IndexOfMax(cosines.Row(i)) == i);
}
