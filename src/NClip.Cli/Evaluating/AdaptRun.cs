using System.CommandLine;
using NClip.Evaluation;

namespace NClip.Cli.Evaluating;

/// <summary>The sources of a call of <c>nclip adapt</c>.</summary>
internal sealed record AdaptSources(string Train, string? Validation, string? Test);

/// <summary>The run of <c>nclip adapt</c>.</summary>
internal static class AdaptRun
{
    /// <summary>Fits a head, writes it, and measures it beside the names alone.</summary>
    public static async Task<int> RunAsync(ParseResult call, EvaluationCall shared, AdaptSources sources, AdaptMethod method, int? shots, ulong seed, FileInfo output, Terminal terminal, CancellationToken stop)
    {
        var (failures, classes, templates) = (new Failures(terminal), shared.Classes(call), shared.Templates(call));
        foreach (var source in (string?[])[sources.Train, sources.Validation, sources.Test]) if (source is not null) EvaluationCall.Open(source, stop);
        using var clip = await shared.Model.LoadAsync(call, terminal, cancellation: stop).ConfigureAwait(false);
        var data = await LabeledCall.ReadAsync(clip, classes, sources.Train, sources.Validation, sources.Test, terminal, failures, stop).ConfigureAwait(false);
        var classifier = ModelOptions.Usable(() => clip.CreateClassifier(data.Classes.Classes, templates, cancellationToken: stop));
        var few = shots is { } k ? ShotDraw.Draw(data.Train, k, seed) : data.Train;
        var head = Adapters.Fit(method, few, classifier.Weights, data.Validation, stop);
        head.Save(output.FullName);
        var figures = new FigureList();
        if (data.Test is { } test) figures.Share("top1", LabeledCall.Top1(head, test)).Share("zero_shot_top1", Classification.Measure(ZeroShotEvaluation.Scores(classifier, test.Features, stop), test.Labels).Top1);
        if (head is TipAdapter tip) figures.Number("alpha", tip.Alpha).Number("beta", tip.Beta);
        shared.Write(call, terminal, figures.Number("n_train", few.Count).Number("n_test", data.Test?.Count ?? 0));
        return failures.Code;
    }
}
