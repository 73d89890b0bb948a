using NClip.Data;
using NClip.ZeroShot;

namespace NClip.Evaluation;

/// <summary>Zero-shot classification over labelled pictures (Radford et al. 2021, section 3.1).</summary>
public static class ZeroShotEvaluation
{
    /// <summary>The figures of features against class weights, by their cosines: what a trainer calls with features of its own.</summary>
    /// <param name="images">Features [N, D], normalised or not.</param>
    /// <param name="weights">A row for each class [C, D], normalised or not.</param>
    /// <param name="labels">The true class of each picture.</param>
    /// <param name="cancellationToken">Heard between rows.</param>
    /// <exception cref="EvaluationException">What was given does not fit together.</exception>
    public static ClassificationFigures Measure(Matrix images, Matrix weights, IReadOnlyList<int> labels, CancellationToken cancellationToken = default)
    {
        Check.Labels(images, labels, weights?.Rows ?? 0);
        Check.Width(images, "pictures", weights!, "class weights");
        return Classification.Measure(images.Normalized().TimesTransposed(weights!.Normalized(), 1, cancellationToken), labels);
    }

    /// <summary>Encodes pictures and classes with a model and measures.</summary>
    /// <param name="clip">The model.</param>
    /// <param name="source">Pictures with classes.</param>
    /// <param name="classes">The classes; null: those that occur in the data.</param>
    /// <param name="templates">Sentences for the names; null: the model's own.</param>
    /// <param name="broken">Told of each sample that cannot be used, and why; null: the first one ends the call.</param>
    /// <param name="progress">Told how many pictures are done.</param>
    /// <param name="cancellationToken">Stops inside a batch.</param>
    /// <exception cref="ClipException">The data cannot be used.</exception>
    public static async Task<ClassificationFigures> RunAsync(Clip clip, ISampleSource source, ClassList? classes = null, PromptTemplates? templates = null, Action<string, string>? broken = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        var samples = await SampleEncoder.EncodeAsync(clip, source, broken, progress, cancellationToken).ConfigureAwait(false);
        var all = classes ?? ClassList.Of(samples);
        var data = samples.Labeled(all);
        return Classification.Measure(Scores(clip.CreateClassifier(all.Classes, templates, cancellationToken: cancellationToken), data.Features, cancellationToken), data.Labels);
    }

    /// <summary>Cosines [N, C] as the classifier has them, in the order of its labels: of classes whose every name is unknown to the model, held down as in an answer.</summary>
    /// <param name="classifier">Classes, each with a label of its own.</param>
    /// <param name="images">Features [N, D], normalised or not.</param>
    /// <param name="cancellationToken">Heard between rows.</param>
    public static Matrix Scores(ZeroShotClassifier classifier, Matrix images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(images);
        var place = classifier.Labels.Index().ToDictionary(l => l.Item, l => l.Index, StringComparer.Ordinal);
        var r = new float[checked(images.Rows * place.Count)];
        Parallel.For(0, images.Rows, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            foreach (var s in classifier.Compare(images.Row(i)).Ranked) r[(i * place.Count) + place[s.Label]] = s.Cosine;
        });
        return new Matrix(images.Rows, place.Count, r);
    }
}
