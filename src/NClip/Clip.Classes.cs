using NClip.Foundation;
using NClip.Images;
using NClip.ZeroShot;

namespace NClip;

/// <content>Labels to classifiers, and answers.</content>
public sealed partial class Clip
{
    private const int Prompts = 1024; // encoded at a time, where the batch is not larger

    private Matrix? _background;

    /// <summary>A zero-shot classifier over classes, each with one or several names.</summary>
    /// <param name="classes">At least one.</param>
    /// <param name="templates">Sentences for the names; null for <see cref="Templates"/>.</param>
    /// <param name="none">Whether 'none of these' may be the answer (softmax models).</param>
    /// <param name="progress">Told how many of the prompts are encoded.</param>
    /// <param name="cancellationToken">Heard within a batch.</param>
    /// <exception cref="ArgumentException">There is no class, or they are more than a matrix holds.</exception>
    public ZeroShotClassifier CreateClassifier(IReadOnlyList<LabelClass> classes, PromptTemplates? templates = null, bool none = false, IProgress<PromptProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (Given.All(classes, "class", "classes").Count == 0) throw new ArgumentException("no class was given; a classifier chooses among at least one.");
        var t = templates ?? Templates;
        Matrix Weigh(IReadOnlyList<LabelClass> named, IProgress<PromptProgress>? told) =>
            new ClassWeights(EncodeText, Spec.EmbedDim, _options.BatchSize * Math.Max(1, Prompts / _options.BatchSize), _labels).Of(named, t, told, cancellationToken);
        var unknown = UnknownNames.In(classes, Folder.KnownWords, out var known, cancellationToken);
        var weights = Weigh(known, progress);
        var background = none ? NoneOfThese.Calibrate(classes, weights, names => Weigh(names, null), _background ??= EncodeImage(BackgroundPictures.Make(Spec.Preprocess), cancellationToken).Normalized(), cancellationToken) : null;
        return new ZeroShotClassifier([.. classes.Select(c => c.Label)], weights, LogitScale, LogitBias, Spec.Logits, background, unknown);
    }

    /// <summary>A zero-shot classifier over labels.</summary>
    /// <exception cref="ArgumentException">There is no label, or one is empty.</exception>
    public ZeroShotClassifier CreateClassifier(params IReadOnlyList<string> labels) => CreateClassifier(Classes(labels));

    /// <summary>As <see cref="CreateClassifier(IReadOnlyList{LabelClass}, PromptTemplates?, bool, IProgress{PromptProgress}?, CancellationToken)"/>, in the background.</summary>
    public Task<ZeroShotClassifier> CreateClassifierAsync(IReadOnlyList<LabelClass> classes, PromptTemplates? templates = null, bool none = false, IProgress<PromptProgress>? progress = null, CancellationToken cancellationToken = default)
        => Task.Run(() => CreateClassifier(classes, templates, none, progress, cancellationToken), cancellationToken);

    /// <summary>
    /// Which of the labels fits the picture. The features of labels are kept (<see cref="ClipOptions.LabelCacheSize"/>), so that the same ones are encoded once;
    /// for very many labels make the classifier once.
    /// </summary>
    /// <exception cref="ImageException">The picture cannot be read.</exception>
    /// <exception cref="ArgumentException">There is no label, or one is empty.</exception>
    public LabelScores Classify(ImageInput picture, params IReadOnlyList<string> labels) => Classify(picture, labels, CancellationToken.None);

    /// <summary>Which of the labels fits the picture; can be cancelled.</summary>
    /// <exception cref="ImageException">The picture cannot be read.</exception>
    /// <exception cref="ArgumentException">There is no label, or one is empty.</exception>
    public LabelScores Classify(ImageInput picture, IReadOnlyList<string> labels, CancellationToken cancellationToken)
    {
        var classifier = CreateClassifier(Classes(labels), cancellationToken: cancellationToken);
        return classifier.Classify(EncodeImage([Given.One(picture, "picture")], cancellationToken).Row(0));
    }

    /// <summary>As <see cref="Classify(ImageInput, IReadOnlyList{string}, CancellationToken)"/>, in the background.</summary>
    public Task<LabelScores> ClassifyAsync(ImageInput picture, IReadOnlyList<string> labels, CancellationToken cancellationToken = default)
        => Task.Run(() => Classify(picture, labels, cancellationToken), cancellationToken);

    /// <summary>Labels made only of words that the model never met in training, where the model says which words it met. A classifier takes such a label for just anything, and never prefers it to one that is known.</summary>
    public IReadOnlyList<string> UnknownLabels(IEnumerable<string> labels, CancellationToken cancellationToken = default)
    {
        Given.One(labels, "list of labels");
        if (Folder.KnownWords is not { } known) return [];
        return [.. labels.Where(l =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return known.NoneIn(Given.One(l, "label"));
        })];
    }

    private static LabelClass[] Classes(IReadOnlyList<string> labels)
    {
        Given.All(labels, "label", "labels");
        if (labels.Count == 0) throw new ArgumentException("no label was given; a classifier chooses among at least one.");
        return [.. labels.Select((l, i) => string.IsNullOrWhiteSpace(l) ? throw new ArgumentException(FormattableString.Invariant($"label {i} of {labels.Count} is empty; give a word or a phrase.")) : new LabelClass(l))];
    }
}
