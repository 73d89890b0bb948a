using System.CommandLine;
using NClip.Cli.Searching;

namespace NClip.Cli.Commands;

/// <summary><c>nclip duplicates</c>: pictures of a gallery that show the same, and which to keep.</summary>
internal static class DuplicatesCommand
{
    /// <summary>Least score of two pictures that show the same.</summary>
    public const double Same = 0.92;

    public static Command Create(Terminal terminal)
    {
        var gallery = new Argument<string>("gallery") { Description = "The gallery that nclip index made." };
        var threshold = Options.Number("--threshold", "S", "Least score of two pictures that show the same. Default: 0.92; copies have 1.", 0, 1);
        var json = Options.Json();
        var command = new ExampleCommand("duplicates", "List pictures that show the same, and which to keep. Nothing is deleted.",
            "nclip duplicates gallery.nclip",
            "nclip duplicates gallery.nclip --threshold 0.9 --json")
        { gallery, threshold, json };
        command.SetAction((call, stop) =>
        {
            using var opened = GalleryModels.Open(call.GetValue(gallery)!);
            GroupOutput.Write(terminal, opened.Duplicates((float)(call.GetValue(threshold) ?? Same), stop), call.GetValue(json));
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
