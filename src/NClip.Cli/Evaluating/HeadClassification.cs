using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Evaluation;

namespace NClip.Cli.Evaluating;

/// <summary><c>nclip classify --head</c>: the classes are those that a head has learnt.</summary>
internal static class HeadClassification
{
    /// <summary>Names what is on the pictures.</summary>
    public static async Task<int> RunAsync(FileInfo file, PictureInputs images, ModelOptions model, ParseResult call, Terminal terminal, ClassificationOutput output, CancellationToken stop)
    {
        var head = ModelOptions.Usable(() => FeatureHead.Load(file.FullName));
        var failures = new Failures(terminal);
        using var pictures = images.Read(call, terminal, (_, message) => failures.Add(message), stop);
        if (pictures.Files.Count == 0) return failures.Code;
        using var clip = await model.LoadForAsync(pictures.Files.Count, call, terminal, stop).ConfigureAwait(false);
        if (head.Width != clip.Spec.EmbedDim) throw new UsageException($"--head {file}: it was made for a model of {head.Width} features, this one has {clip.Spec.EmbedDim}. Name the model that it was made with (--model).");
        using var progress = new ProgressLine(terminal);
        var done = 0;
        await foreach (var picture in pictures.EncodeAsync(clip, stop).ConfigureAwait(false))
        {
            if (picture.Error is { } e) failures.Add(e);
            else
            {
                var shares = head.Logits(new Matrix(1, head.Width, picture.Features.ToArray())).Softmax();
                output.WriteShares(picture.File, [.. head.Classes.Select((c, i) => (c, shares[0, i])).OrderByDescending(s => s.Item2)]);
            }
            if (!terminal.ShowsAnswers) progress.Count(++done, pictures.Files.Count, "pictures");
        }
        return failures.Code;
    }
}
