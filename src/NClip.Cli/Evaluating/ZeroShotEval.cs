using System.CommandLine;
using NClip.Evaluation;

namespace NClip.Cli.Evaluating;

/// <summary><c>nclip eval zero-shot</c>.</summary>
internal static class ZeroShotEval
{
    public static Command Create(Terminal terminal)
    {
        var data = EvaluationCall.Data("--data", "Pictures with classes");
        var command = new ExampleCommand("zero-shot", "Top-1, top-5 and mean per class by the names of the classes.",
            "nclip eval zero-shot --data cifar10/test-000.tar",
            "nclip eval zero-shot --data cifar10/test-000.tar --classes cifar10 --model ViT-B/32 --json")
        { data };
        var shared = new EvaluationCall().AddTo(command);
        command.SetAction((call, stop) => RunAsync(call, call.GetValue(data)!, shared, terminal, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult call, string data, EvaluationCall shared, Terminal terminal, CancellationToken stop)
    {
        var (failures, classes, templates) = (new Failures(terminal), shared.Classes(call), shared.Templates(call));
        EvaluationCall.Open(data, stop);
        using var clip = await shared.Model.LoadAsync(call, terminal, cancellation: stop).ConfigureAwait(false);
        var samples = await EvaluationCall.EncodeAsync(clip, data, terminal, failures, stop).ConfigureAwait(false);
        var all = classes ?? ClassList.Of(samples);
        var labeled = samples.Labeled(all);
        var classifier = ModelOptions.Usable(() => clip.CreateClassifier(all.Classes, templates, cancellationToken: stop));
        var f = Classification.Measure(ZeroShotEvaluation.Scores(classifier, labeled.Features, stop), labeled.Labels);
        shared.Write(call, terminal, new FigureList().Share("top1", f.Top1, shared.Published(call)).Share("top5", f.Top5).Share("mean_per_class", f.MeanPerClass).Number("n", f.Count));
        return failures.Code;
    }
}
