using System.CommandLine;
using NClip.Cli.Output;
using NClip.Cli.Searching;

namespace NClip.Cli.Commands;

/// <summary><c>nclip map</c>: a picture of a gallery, what is alike side by side.</summary>
internal static class MapCommand
{
    private const int Pictures = 1000, Cell = 64;

    public static Command Create(Terminal terminal)
    {
        var gallery = new Argument<string>("gallery") { Description = "The gallery that nclip index made." };
        var output = new Option<FileInfo>("--output", "-o") { Description = "The picture to write.", HelpName = "X.png", Required = true };
        var most = Options.Whole("--pictures", "N", "Pictures on it, evenly over the gallery. Default: 1000.", 1, 4000);
        var cell = Options.Whole("--cell", "N", "Pixels of the side of one. Default: 64.", 8, 512);
        var json = Options.Json();
        var command = new ExampleCommand("map", "Draw the pictures of a gallery, those that are alike side by side.",
            "nclip map gallery.nclip -o map.png",
            "nclip map gallery.nclip -o map.png --pictures 500 --cell 32")
        { gallery, output, most, cell, json };
        command.SetAction((call, stop) =>
        {
            using var opened = GalleryModels.Open(call.GetValue(gallery)!);
            var map = opened.Map(call.GetValue(most) ?? Pictures, stop);
            using (var file = new NewFile(call.GetValue(output)!.FullName))
            {
                file.Stream.Write(map.Png(call.GetValue(cell) ?? Cell, stop));
                file.Complete();
            }
            if (call.GetValue(json))
                foreach (var p in map.Places)
                    terminal.WriteJson(w => { w.WriteString("file", p.File); w.WriteNumber("column", p.Column); w.WriteNumber("row", p.Row); });
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
