using System.CommandLine;
using NClip.Hub;

namespace NClip.Cli.Commands.Models;

/// <summary><c>nclip model pull</c>: downloads a model now, so that it is there when there is no network.</summary>
internal static class ModelPullCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "ViT-B/32, openai/clip-vit-base-patch32, org/name@revision, ..." };
        var json = Options.Json();
        var command = new ExampleCommand("pull", "Download a model, or go on with a download that was stopped.",
            "nclip model pull openai/clip-vit-base-patch32",
            "nclip model pull ViT-B/16 --json")
        { name, json };
        command.SetAction(async (call, stop) =>
        {
            var path = await ModelOptions.FindAsync(call.GetValue(name), terminal, HubOptions.FromEnvironment() with { Refresh = true }, stop).ConfigureAwait(false);
            if (call.GetValue(json)) terminal.WriteJson(w => { w.WriteString("name", call.GetValue(name)); w.WriteString("path", path); });
            else terminal.WritePath(path);
            return ExitCode.Done;
        });
        return command;
    }
}
