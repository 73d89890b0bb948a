using System.CommandLine;
using System.Runtime.InteropServices;
using NClip.Checkpoints;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Images;

namespace NClip.Cli.Commands;

/// <summary><c>nclip preprocess</c>: pictures as a tower sees them, in a safetensors file.</summary>
internal static class PreprocessCommand
{
    public static Command Create(Terminal terminal)
    {
        var images = new Argument<string[]>("images") { Description = "Files, folders (with their subfolders), or patterns.", Arity = ArgumentArity.OneOrMore };
        var output = new Option<FileInfo>("--output", "-o") { Description = "The file to write: one F32 [3, N, N] tensor per file name.", HelpName = "X.safetensors", Required = true };
        var pipeline = Options.Choice("--pipeline", "clip: short side, centre crop (openai/CLIP, default); hf: the same as transformers does it; squash: both sides; longest: long side, padded.", ("clip", Pipeline.Clip), ("hf", Pipeline.HuggingFace), ("squash", Pipeline.Squash), ("longest", Pipeline.Longest));
        var size = Options.Whole("--size", "N", "Side of the result in pixels. Default: 224.", 1, 8192);
        var bytes = new Option<bool>("--u8") { Description = "Write the bytes before normalisation, U8 [N, N, 3]." };
        var threads = Options.Whole("--threads", "N", "Pictures decoded at a time. Default: all cores.", 1, 1024);
        var read = new ImageReadOptions();
        var command = new Command("preprocess", "Write pictures as a tower sees them.") { images, output, pipeline, size, bytes, threads };
        read.AddTo(command);
        command.SetAction((call, stop) =>
        {
            var (n, u8) = (call.GetValue(size) ?? 224, call.GetValue(bytes));
            var failures = new Failures(terminal);
            var files = PictureFiles.Expand(call.GetValue(images)!, (_, message) => failures.Add(message));
            var pixels = new ImagePipeline(Spec(call.GetValue(pipeline) ?? Pipeline.Clip, n), read.Policy(call), read.Read(call));
            using var rows = new RowFile(call.GetValue(output)!.FullName, 3L * n * n * (u8 ? 1 : sizeof(float)));
            var done = new List<string>();
            foreach (var result in Ordered.Select(files, call.GetValue(threads) ?? Environment.ProcessorCount, f => Try(f, pixels, n, u8), stop))
            {
                if (result.Error is { } e) { failures.Add(e); continue; }
                rows.Add(result.Bytes);
                done.Add(result.File);
            }
            var names = Names(done);
            long[] shape = u8 ? [n, n, 3] : [3, n, n];
            Safetensors.WriteEach(call.GetValue(output)!.FullName, names.Select((name, i) => (name, u8 ? TensorType.UInt8 : TensorType.Float32, shape, (Action<Stream>)(to => to.Write(rows.Read(i).Span)))));
            return Task.FromResult(failures.Code);
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

    private static (string File, byte[] Bytes, ClipException? Error) Try(string file, ImagePipeline pipeline, int size, bool u8)
    {
        try
        {
            if (u8) return (file, pipeline.ProcessToBytes(file), null);
            var bytes = new byte[3 * size * size * sizeof(float)];
            pipeline.Process(file, MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
            return (file, bytes, null);
        }
        catch (ClipException e) { return (file, [], e); }
    }

    // The file's name; where two folders have the same, the path as it was given.
    private static IEnumerable<string> Names(List<string> files)
    {
        var twice = files.GroupBy(f => Path.GetFileName(f), StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet(StringComparer.Ordinal);
        return files.Select(f => twice.Contains(Path.GetFileName(f)) ? f : Path.GetFileName(f));
    }
}
