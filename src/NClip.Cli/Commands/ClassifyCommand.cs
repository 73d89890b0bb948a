using System.CommandLine;
using NClip.Cli.Evaluating;
using NClip.Cli.Inputs;
using NClip.Cli.Output;

namespace NClip.Cli.Commands;

/// <summary><c>nclip classify</c>: which of the labels fits each picture.</summary>
internal static class ClassifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var labels = new Option<string[]>("--labels", "-l") { Description = "Labels, separated by commas (, ， 、), or by semicolons where there is no comma; several names of one class as in cat|kitten.", HelpName = "a,b,c" };
        var labelsFile = Options.File("--labels-file", "Labels, one a line; or the name of a set that NClip has (imagenet, cifar10, food101, ...).");
        var templates = new Option<string?>("--templates", "-t") { Description = "Sentences that the labels are put into: a file with one a line ({} is the label), or imagenet, cifar10, ..., none. Default: the model's own.", HelpName = "NAME|FILE" };
        var top = Options.Whole("--top", "K", "Show the K best labels. Default: 5 in a table, all in JSON.", 1);
        var threshold = Options.Number("--threshold", "P", "Show only labels with at least this score.", -1, 1);
        var none = new Option<bool>("--none") { Description = "Allow the answer 'none of these'." };
        var head = Options.File("--head", "Classes that were learnt from samples, in place of labels: a file of `nclip probe` or `nclip adapt`.");
        var (images, model, json) = (new PictureInputs(), new ModelOptions(), Options.Json());
        var command = new ExampleCommand("classify", "Say which of your labels fits each picture.",
            "nclip classify samples --labels cat,coffee,rocket",
            "nclip classify samples/coffee.png --labels \"猫，咖啡，火箭\" --none --json")
        { labels, labelsFile, templates, top, threshold, none, head, json };
        images.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var answers = new ClassificationOutput(terminal, call.GetValue(json), call.GetValue(top), call.GetValue(threshold), call.GetValue(none));
            if (call.GetValue(head) is { } learnt)
            {
                if (((Option[])[labels, labelsFile, templates, none]).FirstOrDefault(o => call.GetResult(o) is { Implicit: false }) is { } other) throw new UsageException($"--head has classes of its own; {other.Name} does not go with it. Give one of the two.");
                return await HeadClassification.RunAsync(learnt, images, model, call, terminal, answers, stop).ConfigureAwait(false);
            }
            var classes = LabelList.Read(call.GetValue(labels) ?? [], call.GetValue(labelsFile), l => terminal.Warn($"the label \"{l}\" is given twice; it is one class."));
            var prompts = TemplateChoice.Read(call.GetValue(templates));
            var failures = new Failures(terminal);
            using var pictures = images.Read(call, terminal, (_, message) => failures.Add(message), stop);
            if (pictures.Files.Count == 0) return failures.Code;
            using var clip = await model.LoadForAsync(pictures.Files.Count, call, terminal, stop).ConfigureAwait(false);
            var classifier = await ModelOptions.UsableWhileWarmingAsync(clip, () => clip.CreateClassifier(classes, prompts, call.GetValue(none), cancellationToken: stop), stop).ConfigureAwait(false);
            LabelWarnings.Write(terminal, clip, classes, call.GetValue(none), stop);
            using var progress = new ProgressLine(terminal);
            var done = 0;
            await foreach (var picture in pictures.EncodeAsync(clip, stop).ConfigureAwait(false))
            {
                if (picture.Error is { } e) failures.Add(e);
                else answers.Write(picture.File, classifier.Classify(picture.Features.Span));
                if (!terminal.ShowsAnswers) progress.Count(++done, pictures.Files.Count, "pictures");
            }
            return failures.Code;
        });
        return command;
    }
}
