using System.CommandLine;
using NClip.Evaluation;

namespace NClip.Cli.Evaluating;

/// <summary><c>nclip eval retrieval</c>.</summary>
internal static class RetrievalEval
{
    public static Command Create(Terminal terminal)
    {
        var data = EvaluationCall.Data("--data", "Pictures with captions");
        var command = new ExampleCommand("retrieval", "Recall at 1, 5 and 10: pictures by their captions, captions by their pictures.",
            "nclip eval retrieval --data flickr8k/val-000.tar",
            "nclip eval retrieval --data \"coco/val-{000..004}.tar\" --overflow truncate --json")
        { data };
        var shared = new EvaluationCall().AddTo(command, classes: false);
        command.SetAction((call, stop) => RunAsync(call, call.GetValue(data)!, shared, terminal, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult call, string data, EvaluationCall shared, Terminal terminal, CancellationToken stop)
    {
        var failures = new Failures(terminal);
        EvaluationCall.Open(data, stop);
        using var clip = await shared.Model.LoadAsync(call, terminal, cancellation: stop).ConfigureAwait(false);
        var samples = await EvaluationCall.EncodeAsync(clip, data, terminal, failures, stop).ConfigureAwait(false);
        var (texts, pictures) = samples.Captions();
        var f = RetrievalEvaluation.Measure(samples.Images, ModelOptions.Usable(() => SampleEncoder.EncodeTexts(clip, texts, cancellationToken: stop)), pictures, stop);
        var figures = new FigureList();
        foreach (var (way, recall) in new[] { ("text_to_image", f.TextToImage), ("image_to_text", f.ImageToText) })
            figures.Share($"{way}.r1", recall.R1).Share($"{way}.r5", recall.R5).Share($"{way}.r10", recall.R10).Number($"{way}.median_rank", recall.MedianRank);
        shared.Write(call, terminal, figures.Number("n", f.Images).Number("texts", f.Texts));
        return failures.Code;
    }
}
