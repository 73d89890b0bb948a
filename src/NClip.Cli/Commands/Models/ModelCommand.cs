using System.CommandLine;

namespace NClip.Cli.Commands.Models;

/// <summary><c>nclip model</c>: the models themselves.</summary>
internal static class ModelCommand
{
    public static Command Create(Terminal terminal) => new Group(terminal, "model", "List, download, inspect, verify and export models.")
    {
        ModelListCommand.Create(terminal),
        ModelPullCommand.Create(terminal),
        ModelInfoCommand.Create(terminal),
        ModelVerifyCommand.Create(terminal),
        ModelExportCommand.Create(terminal),
    };
}
