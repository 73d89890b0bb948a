using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Output;

namespace NClip.Cli.Commands;

/// <summary><c>nclip similarity</c>: how near pictures and texts are, as a matrix, or each text's best pictures.</summary>
internal static class SimilarityCommand
{
    public static Command Create(Terminal terminal)
    {
        var images = Options.Many("--image", "F|FOLDER", "Files, folders or patterns.");
        var texts = Options.Many("--text", "T", "Texts, taken as they are.");
        var top = Options.Whole("--top", "K", "Show each text's K best pictures instead of the matrix.", 1);
        var (model, json) = (new ModelOptions(), Options.Json());
        var command = new Command("similarity", "Compare pictures with texts.") { images, texts, top, json };
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var words = call.GetValue(texts) is { Length: > 0 } t ? t : throw new UsageException("there is no text. Give --text with one text or several.");
            var given = call.GetValue(images) is { Length: > 0 } i ? i : throw new UsageException("there is no picture. Give --image with files or folders.");
            var failures = new Failures(terminal);
            var files = PictureFiles.Expand(given, (_, message) => failures.Add(message));
            if (files.Count == 0) return failures.Code;
            using var clip = await model.LoadForAsync(files.Count, call, terminal, stop).ConfigureAwait(false);
            var textFeatures = await ModelOptions.UsableWhileWarmingAsync(clip, () => clip.EncodeText(words), stop).ConfigureAwait(false);
            var (answered, rows) = (new List<string>(), new List<float>());
            await foreach (var picture in clip.EncodeImagesAsync(files, stop).ConfigureAwait(false))
            {
                if (picture.Error is { } e) { failures.Add(e); continue; }
                answered.Add(picture.File);
                rows.AddRange(picture.Features.Span);
            }
            if (answered.Count == 0) return failures.Code;
            var imageFeatures = new Matrix(answered.Count, rows.Count / answered.Count, [.. rows]);
            var output = new SimilarityOutput(terminal, call.GetValue(json), answered, words, imageFeatures.Normalized().TimesTransposed(textFeatures.Normalized()), clip.Similarity(imageFeatures, textFeatures));
            if (call.GetValue(top) is { } k) output.WriteBest(k);
            else output.WriteMatrix();
            return failures.Code;
        });
        return command;
    }
}
