using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Output;

namespace NClip.Cli.Commands;

/// <summary><c>nclip similarity</c>: how near pictures and texts are, as a matrix, or each text's best pictures.</summary>
internal static class SimilarityCommand
{
    public static Command Create(Terminal terminal)
    {
        var more = Options.Many("--image", "F|FOLDER", "Pictures, as the arguments.");
        var texts = Options.Many("--text", "T", "Texts, taken as they are. What follows is a text too, up to the next option: pictures go first.");
        var top = Options.Whole("--top", "K", "Show each text's K best pictures instead of the matrix.", 1);
        var (images, model, json) = (new PictureInputs(), new ModelOptions(), Options.Json());
        var command = new ExampleCommand("similarity", "Compare pictures with texts.",
            "nclip similarity samples --text \"a cat\" \"a cup of coffee\"",
            "nclip similarity samples --text \"a rocket\" --top 1 --json")
        { more, texts, top, json };
        images.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var words = call.GetValue(texts) is { Length: > 0 } t ? t : throw new UsageException("there is no text. Give --text with one text or several.");
            var failures = new Failures(terminal);
            using var pictures = images.Read(call, terminal, (_, message) => failures.Add(message), stop, call.GetValue(more));
            if (pictures.Files.Count == 0) return failures.Code;
            using var clip = await model.LoadForAsync(pictures.Files.Count, call, terminal, stop).ConfigureAwait(false);
            var textFeatures = await ModelOptions.UsableWhileWarmingAsync(clip, () => clip.EncodeText(words, stop), stop).ConfigureAwait(false);
            LabelWarnings.Unknown(terminal, clip, words, stop);
            var (answered, imageFeatures) = await EncodeAsync(clip, pictures, failures, terminal, stop).ConfigureAwait(false);
            if (answered.Count == 0) return failures.Code;
            var output = new SimilarityOutput(terminal, call.GetValue(json), answered, words, imageFeatures.Normalized().TimesTransposed(textFeatures.Normalized(), cancellationToken: stop), clip.Similarity(imageFeatures, textFeatures, stop));
            if (call.GetValue(top) is { } k) output.WriteBest(k);
            else output.WriteMatrix();
            return failures.Code;
        });
        return command;
    }

    private static async Task<(List<string> Files, Matrix Features)> EncodeAsync(Clip clip, PictureList pictures, Failures failures, Terminal terminal, CancellationToken stop)
    {
        var (answered, rows, done) = (new List<string>(), new List<float>(), 0);
        using var progress = new ProgressLine(terminal);
        await foreach (var picture in pictures.EncodeAsync(clip, stop).ConfigureAwait(false))
        {
            progress.Count(++done, pictures.Files.Count, "pictures");
            if (picture.Error is { } e) { failures.Add(e); continue; }
            answered.Add(picture.File);
            rows.AddRange(picture.Features.Span);
        }
        return (answered, new Matrix(answered.Count, clip.Spec.EmbedDim, [.. rows]));
    }
}
