using System.Numerics.Tensors;
using NClip.Data;
using NClip.Evaluation;
using NClip.Training.RunFiles;
using NClip.Training.Runs;
using NClip.ZeroShot;

namespace NClip.Training.Measuring;

/// <summary>Zero-shot classification of pictures with classes, as <c>nclip eval zero-shot</c> measures it.</summary>
internal sealed class ZeroShotOfRun(EvaluationSettings settings, RunPlan plan) : IRunEvaluation
{
    /// <summary>Pairs of classes that are shown, pictures of each, and classes whose counts are shown as a table.</summary>
    private const int Shown = 12, Pictures = 5, Table = 20;

    private readonly HeldOutData _data = new(settings, plan);
    private readonly ClassList? _classes = settings.Classes.Length > 0 ? ClassList.Read(settings.Classes) : null;
    private readonly ModelFolder _folder = ModelFolder.Of(plan.Start.Source);
    private readonly PromptTemplates? _templates = RunTemplates.Read("data.eval.templates", settings.Templates);

    /// <inheritdoc/>
    public string Name => $"zero-shot of {settings.Source}";

    /// <inheritdoc/>
    public RunFigures Measure(IFeatureEncoder model, bool examples, CancellationToken cancellation)
    {
        var (encoded, samples) = _data.Encode(model, cancellation);
        var classes = _classes ?? ClassList.Of(encoded);
        var labeled = encoded.Labeled(classes);
        var scores = ZeroShotEvaluation.Scores(Classifier(model, classes.Classes, cancellation), labeled.Features, cancellation);
        var f = Classification.Measure(scores, labeled.Labels);
        return new([("top1", f.Top1), ("top5", f.Top5), ("mean_per_class", f.MeanPerClass), ("n", f.Count)], examples ? Confused(scores, labeled, samples, cancellation) : null);
    }

    /// <summary>As a Clip makes it of its own towers.</summary>
    private ZeroShotClassifier Classifier(IFeatureEncoder model, IReadOnlyList<LabelClass> classes, CancellationToken cancellation)
    {
        var unknown = UnknownNames.In(classes, _folder.KnownWords, out var known, cancellation);
        var weights = new ClassWeights((texts, stop) => _data.EncodeTexts(model, texts, stop), model.Spec.EmbedDim, group: 1024, new LabelCache(0))
            .Of(known, _templates ?? _folder.Templates, null, cancellation);
        return new ZeroShotClassifier([.. classes.Select(c => c.Label)], weights, 1, 0, model.Spec.Logits, null, unknown);
    }

    /// <summary>The classes that were taken for another most often, with some of the pictures.</summary>
    private RunExamples Confused(Matrix scores, LabeledFeatures labeled, IReadOnlyList<RawSample> samples, CancellationToken cancellation)
    {
        var counts = Classification.Confusion(scores, labeled.Labels);
        var wrong = Enumerable.Range(0, labeled.Count).Select(i => (Picture: i, True: labeled.Labels[i], Named: TensorPrimitives.IndexOfMax(scores.Row(i)))).Where(w => w.True != w.Named)
            .GroupBy(w => (w.True, w.Named)).OrderByDescending(g => g.Count()).ThenBy(g => g.Key).Take(Shown)
            .Select(g => (g.Key, Count: g.Count(), Pictures: g.Select(w => w.Picture).Take(Pictures).ToArray())).ToArray();
        var small = _data.Thumbnails(samples, wrong.SelectMany(w => w.Pictures), cancellation);
        var names = labeled.Classes;
        return new("The classes that were taken for another most often",
            [.. wrong.Select(w => new ExampleRow($"{names[w.Key.True]}, taken for {names[w.Key.Named]}: {w.Count}", [.. w.Pictures.Select(p => new ExamplePicture(small.GetValueOrDefault(p, ""), samples[p].Key, Right: false))]))],
            names.Count <= Table ? new(names, counts) : null);
    }
}
