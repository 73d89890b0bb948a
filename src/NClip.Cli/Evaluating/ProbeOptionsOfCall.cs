using System.CommandLine;

namespace NClip.Cli.Evaluating;

/// <summary>The options of a linear probe, and its run.</summary>
internal sealed class ProbeOptionsOfCall
{
    private readonly Option<string?> _train = EvaluationCall.Data("--train", "Pictures with classes to learn from");
    private readonly Option<string?> _validation = EvaluationCall.Data("--validation", "Pictures with classes to choose C on. Default: a fifth of the training pictures", required: false);
    private readonly Option<double?> _c = Options.Number("--c", "C", "Inverse strength of the penalty, as scikit-learn's C. Default: searched.", 1e-9, 1e9);
    private readonly Option<int?> _seed = Options.Whole("--seed", "N", "Of the split that chooses C. Default: 0.", 0);
    private readonly EvaluationCall _shared = new();
    private Option<string?> _test = null!;

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command, bool testRequired)
    {
        _test = EvaluationCall.Data("--test", "Pictures with classes to measure on", testRequired);
        foreach (var o in (Option[])[_train, _test, _validation, _c, _seed]) command.Add(o);
        _shared.AddTo(command, classes: false);
    }

    /// <summary>Fits, measures, and writes the head where a file is named.</summary>
    public async Task<int> RunAsync(ParseResult call, FileInfo? output, Terminal terminal, CancellationToken stop)
    {
        var failures = new Failures(terminal);
        var (train, validation, test) = (call.GetValue(_train)!, call.GetValue(_validation), call.GetValue(_test));
        foreach (var source in (string?[])[train, validation, test]) if (source is not null) EvaluationCall.Open(source, stop);
        using var clip = await _shared.Model.LoadAsync(call, terminal, cancellation: stop).ConfigureAwait(false);
        var data = await LabeledCall.ReadAsync(clip, null, train, validation, test, terminal, failures, stop).ConfigureAwait(false);
        var fit = data.Probe(call.GetValue(_c), (ulong)(call.GetValue(_seed) ?? 0), stop);
        if (output is not null) fit.Head.Save(output.FullName);
        var figures = new FigureList();
        if (data.Test is { } measured) figures.Share("top1", LabeledCall.Top1(fit.Head, measured));
        _shared.Write(call, terminal, figures.Number("c", data.C).Number("n_train", data.Train.Count).Number("n_test", data.Test?.Count ?? 0));
        return failures.Code;
    }
}
