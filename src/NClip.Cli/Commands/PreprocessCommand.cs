using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Images;

namespace NClip.Cli.Commands;

/// <summary><c>nclip preprocess</c>: pictures as a tower sees them, in a safetensors file.</summary>
internal static class PreprocessCommand
{
    public static Command Create(Terminal terminal)
    {
        var output = new Option<FileInfo>("--output", "-o") { Description = "The file to write: one F32 [3, N, N] tensor per file name, or [rows, columns, N, N, 3] of patches.", HelpName = "X.safetensors", Required = true };
        var pipeline = Options.Choice("--pipeline", "clip: short side, centre crop (openai/CLIP's, the default); hf: the same as transformers does it; squash: both sides; longest: long side, padded.", ("clip", Pipeline.Clip), ("hf", Pipeline.HuggingFace), ("squash", Pipeline.Squash), ("longest", Pipeline.Longest));
        var size = Options.Whole("--size", "N", "Side of the result in pixels, with --pipeline. Default: 224.", 1, 8192);
        var bytes = new Option<bool>("--u8") { Description = "Write the bytes before normalisation, U8 [H, W, 3]." };
        var threads = Options.Whole("--threads", "N", "Pictures decoded at a time. Default: all cores.", 1, 1024);
        var (images, read, model) = (new PictureInputs(), new ImageReadOptions(), new ModelOptions());
        var command = new ExampleCommand("preprocess", "Write pictures as a tower sees them.",
            "nclip preprocess samples -o pixels.safetensors --model nclip-mini",
            "nclip preprocess samples/coffee.png -o pixels.safetensors --pipeline clip --size 336 --u8")
        { output, pipeline, size, bytes, threads };
        images.AddTo(command);
        model.AddModelTo(command);
        read.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var target = Target(call.GetValue(output)!);
            var spec = await SpecAsync(call, terminal, model, call.GetValue(pipeline), call.GetValue(size), stop).ConfigureAwait(false);
            spec = ModelOptions.Usable(() => spec.WithMaxPatches(read.MaxPatches(call)));
            var failures = new Failures(terminal);
            using var pictures = images.Read(call, terminal, (_, message) => failures.Add(message), stop);
            var tensors = new PixelFile(new ImagePipeline(spec, read.Policy(call), read.Read(call)), call.GetValue(bytes));
            tensors.Write(target, pictures, call.GetValue(threads) ?? Environment.ProcessorCount, failures, terminal, stop);
            return failures.Code;
        });
        return command;
    }

    private enum Pipeline { Clip, HuggingFace, Squash, Longest }

    private static PreprocessSpec Spec(Pipeline pipeline, int size) => pipeline switch
    {
        Pipeline.HuggingFace => PreprocessSpec.OpenAI(size) with { Flavour = PipelineFlavour.HuggingFace },
        Pipeline.Squash => PreprocessSpec.OpenAI(size) with { Resize = ResizeMode.Squash },
        Pipeline.Longest => PreprocessSpec.OpenAI(size) with { Resize = ResizeMode.Longest },
        _ => PreprocessSpec.OpenAI(size),
    };

    private static async Task<PreprocessSpec> SpecAsync(ParseResult call, Terminal terminal, ModelOptions model, Pipeline? pipeline, int? size, CancellationToken stop)
    {
        if (model.Name(call) is null)
        {
            if (pipeline is null) terminal.Note("pictures as openai/CLIP's models see them; --model NAME for another's, --pipeline clip to say so.");
            return Spec(pipeline ?? Pipeline.Clip, size ?? 224);
        }
        if (pipeline is not null || size is not null) throw new UsageException("--model says how its pictures are prepared; --pipeline and --size do too. Give the one or the others.");
        using var clip = await model.LoadAsync(call, terminal, new ClipOptions(Prepack: false), stop).ConfigureAwait(false);
        return clip.Spec.Preprocess;
    }

    private static string Target(FileInfo output)
        => output.Extension.Equals(".safetensors", StringComparison.OrdinalIgnoreCase) ? output.FullName
        : throw new UsageException($"--output {output}: the extension '{output.Extension}' names another format; the tensors of pictures go into a .safetensors file.");
}
