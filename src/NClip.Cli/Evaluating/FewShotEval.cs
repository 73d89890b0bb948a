using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Evaluation;

namespace NClip.Cli.Evaluating;

/// <summary><c>nclip eval few-shot</c>.</summary>
internal static class FewShotEval
{
    /// <summary>C of a probe whose classes have one sample each, so that none can be kept to choose it.</summary>
    private const double OneShotC = 10;

    public static Command Create(Terminal terminal)
    {
        var (train, test) = (EvaluationCall.Data("--train", "Pictures with classes to draw from"), EvaluationCall.Data("--test", "Pictures with classes to measure on"));
        var shots = NumberList.Option("--shots", "1,2,4,8,16", "Pictures of each class. Default: 1,2,4,8,16.", 100_000);
        var seeds = Options.Whole("--seeds", "N", "Draws whose mean is shown. Default: 3.", 1, 1000);
        var command = new ExampleCommand("few-shot", "Top-1 of a linear probe, LP++ and Tip-Adapter by the number of pictures of each class.",
            "nclip eval few-shot --train flowers/train --test flowers/test",
            "nclip eval few-shot --train train.tar --test test.tar --shots 1,4,16 --seeds 1 --csv")
        { train, test, shots, seeds };
        var shared = new EvaluationCall().AddTo(command);
        command.SetAction((call, stop) => RunAsync(call, shared, call.GetValue(train)!, call.GetValue(test)!, call.GetValue(shots) is { Length: > 0 } s ? s : [1, 2, 4, 8, 16], call.GetValue(seeds) ?? 3, terminal, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult call, EvaluationCall shared, string train, string test, int[] shots, int seeds, Terminal terminal, CancellationToken stop)
    {
        var (failures, classes, templates) = (new Failures(terminal), shared.Classes(call), shared.Templates(call));
        foreach (var source in (string[])[train, test]) EvaluationCall.Open(source, stop);
        using var clip = await shared.Model.LoadAsync(call, terminal, cancellation: stop).ConfigureAwait(false);
        var data = await LabeledCall.ReadAsync(clip, classes, train, null, test, terminal, failures, stop).ConfigureAwait(false);
        var classifier = ModelOptions.Usable(() => clip.CreateClassifier(data.Classes.Classes, templates, cancellationToken: stop));
        var figures = new FigureList().Share("zero_shot", Classification.Measure(ZeroShotEvaluation.Scores(classifier, data.Test!.Features, stop), data.Test.Labels).Top1).Number("n_test", data.Test.Count);
        var methods = new (string Name, Func<LabeledFeatures, ulong, FeatureHead> Fit)[]
        {
            ("linear_probe", (few, seed) => (data with { Train = few }).Probe(few.Count == few.Classes.Count ? OneShotC : null, seed, stop).Head),
            ("lp_plus_plus", (few, _) => Adapters.Fit(AdaptMethod.LinearProbePlus, few, classifier.Weights, null, stop)),
            ("tip_adapter", (few, _) => Adapters.Fit(AdaptMethod.TipAdapter, few, classifier.Weights, null, stop)),
            ("tip_adapter_f", (few, _) => Adapters.Fit(AdaptMethod.TipAdapterF, few, classifier.Weights, null, stop)),
        };
        foreach (var k in shots)
            foreach (var (name, fit) in methods)
                figures.Share($"{k}_shots.{name}", Enumerable.Range(0, seeds).Average(seed => LabeledCall.Top1(fit(ShotDraw.Draw(data.Train, k, (ulong)seed), (ulong)seed), data.Test)));
        shared.Write(call, terminal, figures);
        return failures.Code;
    }
}
