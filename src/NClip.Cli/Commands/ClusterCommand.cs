using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Searching;

namespace NClip.Cli.Commands;

/// <summary><c>nclip cluster</c>: the pictures of a gallery in albums of what belongs together.</summary>
internal static class ClusterCommand
{
    public static Command Create(Terminal terminal)
    {
        var gallery = new Argument<string>("gallery") { Description = "The gallery that nclip index made." };
        var count = Options.Whole("--albums", "N", "How many. Default: the root of half the number of pictures, 60 at most.", 1, 10_000);
        var labels = new Option<string[]>("--labels", "-l") { Description = "Names to choose from, as nclip classify has them. Default: 64 of common things.", HelpName = "a,b,c" };
        var labelsFile = Options.File("--labels-file", "Names, one a line; or the name of a set that NClip has (imagenet, food101, ...).");
        var (model, json) = (new ModelOptions(), Options.Json());
        var command = new ExampleCommand("cluster", "Put the pictures of a gallery into albums of what belongs together, each with a name.",
            "nclip cluster gallery.nclip",
            "nclip cluster gallery.nclip --albums 2 --labels 猫，咖啡，火箭 --json")
        { gallery, count, labels, labelsFile, json };
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var where = call.GetValue(gallery)!;
            var given = call.GetValue(labels) is { Length: > 0 } || call.GetValue(labelsFile) is not null;
            string[]? names = given ? [.. LabelList.Read(call.GetValue(labels) ?? [], call.GetValue(labelsFile), _ => { }).Select(c => c.Label)] : null;
            using var opened = GalleryModels.Open(where);
            using var clip = await GalleryModels.OpenToAskAsync(opened, where, model, call, terminal, stop).ConfigureAwait(false);
            GroupOutput.Write(terminal, opened.Albums(clip, call.GetValue(count), names, stop), call.GetValue(json));
            return ExitCode.Done;
        });
        return command;
    }
}
