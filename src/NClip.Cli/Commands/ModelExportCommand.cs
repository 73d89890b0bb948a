using System.CommandLine;

namespace NClip.Cli.Commands;

/// <summary><c>nclip model export</c>: a folder that other programs open.</summary>
internal static class ModelExportCommand
{
    private enum Format { Onnx, HuggingFace }

    public static Command Create(Terminal terminal)
    {
        var output = new Option<string>("--output", "-o") { Description = "The folder to make.", HelpName = "FOLDER", Required = true };
        var format = Options.Choice("--format", "onnx: image.onnx and text.onnx for ONNX Runtime; hf: a folder for transformers' from_pretrained. Default: onnx.", ("onnx", Format.Onnx), ("hf", Format.HuggingFace));
        var model = new ModelOptions();
        var command = new ExampleCommand("export", "Write a model for other programs.",
            "nclip model export --output mini-onnx",
            "nclip model export openai/clip-vit-base-patch32 --format hf --output clip-hf")
        { output, format };
        model.WithArgument(command).AddModelTo(command);
        command.SetAction(async (call, stop) =>
        {
            using var clip = await model.LoadAsync(call, terminal, new ClipOptions(), stop).ConfigureAwait(false);
            var folder = call.GetValue(output)!;
            Action<string, CancellationToken> write = call.GetValue(format) == Format.HuggingFace ? clip.ExportHuggingFace : clip.ExportOnnx;
            ModelOptions.Usable(() =>
            {
                write(folder, stop);
                return true;
            });
            terminal.WritePath(folder);
            return ExitCode.Done;
        });
        return command;
    }
}
