using System.CommandLine;
using NClip.Evaluation;

namespace NClip.Cli.Evaluating;

/// <summary><c>nclip eval calibration</c>.</summary>
internal static class CalibrationEval
{
    public static Command Create(Terminal terminal)
    {
        var data = EvaluationCall.Data("--data", "Pictures with classes to measure on");
        var fit = EvaluationCall.Data("--fit", "Pictures with classes to find the temperature on. Default: every second picture of --data, and the others are measured", required: false);
        var bins = Options.Whole("--bins", "N", "Bins of the confidence. Default: 15.", 1, 1000);
        var command = new ExampleCommand("calibration", "How far the shares can be believed (ECE), and the temperature that mends them.",
            "nclip eval calibration --data cifar10/test-000.tar",
            "nclip eval calibration --data test.tar --fit validation.tar --json")
        { data, fit, bins };
        var shared = new EvaluationCall().AddTo(command);
        command.SetAction((call, stop) => RunAsync(call, shared, call.GetValue(data)!, call.GetValue(fit), call.GetValue(bins) ?? 15, terminal, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult call, EvaluationCall shared, string data, string? fit, int bins, Terminal terminal, CancellationToken stop)
    {
        var (failures, classes, templates) = (new Failures(terminal), shared.Classes(call), shared.Templates(call));
        foreach (var source in (string?[])[data, fit]) if (source is not null) EvaluationCall.Open(source, stop);
        using var clip = await shared.Model.LoadAsync(call, terminal, cancellation: stop).ConfigureAwait(false);
        var samples = await EvaluationCall.EncodeAsync(clip, data, terminal, failures, stop).ConfigureAwait(false);
        var all = classes ?? ClassList.Of(samples);
        var measured = samples.Labeled(all);
        LabeledFeatures chosen;
        if (fit is not null) chosen = (await EvaluationCall.EncodeAsync(clip, fit, terminal, failures, stop).ConfigureAwait(false)).Labeled(all);
        else if (measured.Count > 1) (chosen, measured) = (measured.Rows([.. Enumerable.Range(0, measured.Count).Where(i => i % 2 == 0)]), measured.Rows([.. Enumerable.Range(0, measured.Count).Where(i => i % 2 == 1)]));
        else throw new UsageException("there is one picture; half of them find the temperature, the others are measured. Give more, or --fit.");
        var classifier = ModelOptions.Usable(() => clip.CreateClassifier(all.Classes, templates, cancellationToken: stop));
        Matrix Logits(LabeledFeatures of)
        {
            var logits = ZeroShotEvaluation.Scores(classifier, of.Features, stop).ToArray();
            for (var i = 0; i < logits.Length; i++) logits[i] *= clip.LogitScale;
            return new Matrix(of.Count, all.Classes.Count, logits);
        }
        var temperature = Calibration.Temperature(Logits(chosen), chosen.Labels);
        var rows = Logits(measured);
        var figures = new FigureList().Number("temperature", temperature);
        foreach (var (name, t) in new[] { ("before", 1.0), ("after", temperature) })
        {
            var f = Calibration.Measure(rows, measured.Labels, t, bins);
            figures.Share($"{name}.ece", f.Ece).Share($"{name}.mce", f.Mce).Number($"{name}.nll", f.Nll).Number($"{name}.brier", f.Brier).Share($"{name}.top1", f.Accuracy);
        }
        shared.Write(call, terminal, figures.Number("n", measured.Count));
        return failures.Code;
    }
}
