using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Cli.Searching;
using NClip.Search;

namespace NClip.Cli.Commands.Embed;

/// <summary><c>nclip embed manifest</c>: lists pictures and divides them into shards, for workers that embed them.</summary>
internal static class EmbedManifestCommand
{
    public static Command Create(Terminal terminal)
    {
        var images = new PictureInputs();
        var output = new Option<FileInfo>("--output", "-o") { Description = "The manifest to write.", HelpName = "MANIFEST", Required = true };
        var shards = Options.Whole("--shards", "N", "How many shards. Default: one for each 10,000 pictures.", 1);
        var root = new Option<DirectoryInfo?>("--root") { Description = "A folder above all pictures, from which the manifest names them. Default: the deepest there is.", HelpName = "FOLDER" };
        var digests = new Option<bool>("--digests") { Description = "Note the SHA-256 of each file beside its size: every change is seen, and every file is read for it." };
        var command = new ExampleCommand("manifest", "List pictures and divide them into shards, for embed images --shards.",
            "nclip embed manifest samples -o manifest.json --shards 2",
            "nclip embed manifest samples -o manifest.json --digests")
        { output, shards, root, digests };
        images.AddTo(command);
        command.SetAction((call, stop) => Task.FromResult(Run(call, stop)));
        return command;

        int Run(ParseResult call, CancellationToken stop)
        {
            var failures = new Failures(terminal);
            using var pictures = images.Read(call, terminal, (_, message) => failures.Add(message), stop);
            if (pictures.Files.Any(f => pictures.Name(f) != f)) throw new UsageException("a picture on standard input (-) has no file that workers could read. Name files or folders.");
            using var progress = new ProgressLine(terminal);
            var manifest = ModelOptions.Usable(() => EmbeddingManifest.Create(pictures.Files, call.GetValue(root)?.FullName, call.GetValue(shards), call.GetValue(digests), new Now<int>(done => progress.Count(done, pictures.Files.Count, "pictures")), stop));
            progress.Clear();
            var file = call.GetValue(output)!.ToString();
            ModelOptions.Usable(() => { manifest.Write(file); return file; });
            terminal.Out.WriteLine(FormattableString.Invariant($"{Plain.Text(file)}: {manifest.Samples.Count} pictures in {manifest.Shards} shards (0/{manifest.Shards} to {manifest.Shards - 1}/{manifest.Shards})"));
            return failures.Code;
        }
    }
}
