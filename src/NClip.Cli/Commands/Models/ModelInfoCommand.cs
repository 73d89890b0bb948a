using System.CommandLine;
using NClip.Cli.Output;

namespace NClip.Cli.Commands.Models;

/// <summary><c>nclip model info</c>: what a model is made of.</summary>
internal static class ModelInfoCommand
{
    public static Command Create(Terminal terminal)
    {
        var (model, json) = (new ModelOptions(), Options.Json());
        var without = new Option<bool>("--no-fingerprint") { Description = "Leave the fingerprint out: every weight is read for it." };
        var command = new ExampleCommand("info", "Show a model's towers, sizes, pipelines and fingerprint.",
            "nclip model info",
            "nclip model info models/nclip-mini --json")
        { without, json };
        model.WithArgument(command).AddModelTo(command);
        command.SetAction(async (call, stop) =>
        {
            using var clip = await model.LoadAsync(call, terminal, new ClipOptions(), stop).ConfigureAwait(false);
            var info = ModelOptions.Usable(() => ModelInfo.Of(clip, !call.GetValue(without), stop));
            if (call.GetValue(json)) info.WriteJson(terminal);
            else info.WriteTable(terminal);
            return ExitCode.Done;
        });
        return command;
    }
}
