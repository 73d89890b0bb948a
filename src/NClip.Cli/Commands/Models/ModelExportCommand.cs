using System.CommandLine;

namespace NClip.Cli.Commands.Models;

/// <summary><c>nclip model export</c>: a folder that other programs open, or a smaller one for this.</summary>
internal static class ModelExportCommand
{
    private enum Format { NClip, Onnx, HuggingFace, TransformersJs }

    public static Command Create(Terminal terminal)
    {
        var output = new Option<string>("--output", "-o") { Description = "The folder to make.", HelpName = "FOLDER", Required = true };
        var format = Options.Choice("--format", "onnx: image.onnx and text.onnx for ONNX Runtime; transformers.js: ONNX under the names of Optimum's exports; hf: a folder for transformers' from_pretrained; nclip: a folder for --model. Default: nclip with --precision or --towers, else onnx.",
            ("onnx", Format.Onnx), ("transformers.js", Format.TransformersJs), ("hf", Format.HuggingFace), ("nclip", Format.NClip));
        var precision = Options.Choice("--precision", "Of --format nclip. int8: linear layers as 8-bit integers, which run as with --precision int8; f16: matrices rounded to float16. Default: as the model has them.", ("int8", StoredPrecision.Int8), ("f16", StoredPrecision.Float16));
        var towers = Options.Choice("--towers", "Of --format nclip: one tower alone. Default: both.", ("image", TowerChoice.Image), ("text", TowerChoice.Text));
        var model = new ModelOptions();
        var command = new ExampleCommand("export", "Write a model for other programs, or smaller.",
            "nclip model export --output mini-onnx",
            "nclip model export ViT-B/32 --precision int8 --towers image --output photos-int8")
        { output, format, precision, towers };
        model.WithArgument(command).AddModelTo(command);
        command.SetAction(async (call, stop) =>
        {
            var (stored, which) = (call.GetValue(precision), call.GetValue(towers));
            var smaller = stored is not null || which is not null;
            var chosen = call.GetValue(format) ?? (smaller ? Format.NClip : Format.Onnx);
            if (smaller && chosen != Format.NClip) throw new UsageException("--precision and --towers are of --format nclip. Leave them out, or take that format.");
            using var clip = await model.LoadAsync(call, terminal, new ClipOptions(), stop).ConfigureAwait(false);
            var folder = call.GetValue(output)!;
            Action<string, CancellationToken> write = chosen switch
            {
                Format.HuggingFace => clip.ExportHuggingFace,
                Format.TransformersJs => clip.ExportTransformersJs,
                Format.Onnx => clip.ExportOnnx,
                _ => (to, end) => clip.Export(to, stored ?? StoredPrecision.AsItIs, which ?? TowerChoice.Both, end),
            };
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
