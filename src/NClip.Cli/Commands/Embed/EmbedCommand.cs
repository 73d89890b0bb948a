using System.CommandLine;
using NClip.Cli.Embedding;
using NClip.Cli.Inputs;
using NClip.Cli.Output.Features;

namespace NClip.Cli.Commands.Embed;

/// <summary><c>nclip embed</c>: features into a file, rows in the order of the inputs; of pictures also in shards, by many workers.</summary>
internal static class EmbedCommand
{
    public static Command Create(Terminal terminal) => new Group(terminal, "embed", "Write the features of pictures or texts into a file.")
    {
        Images(terminal),
        Texts(terminal),
        EmbedManifestCommand.Create(terminal),
        EmbedVerifyCommand.Create(terminal),
        EmbedMergeCommand.Create(terminal),
    };

    private static ExampleCommand Images(Terminal terminal)
    {
        var (images, output, unit, shards, model) = (new PictureInputs(), Output("; with --shards the folder of shards", "|FOLDER"), Unit(), new ShardOptions(), new ModelOptions());
        var command = new ExampleCommand("images", "Features [N, D] of pictures.",
            "nclip embed images samples -o photos.npy",
            "nclip embed images \"samples/**/*.png\" -o photos.parquet --normalize",
            "nclip embed images --shards manifest.json --shard 0/2 -o shards");
        images.AddTo(command);
        command.Add(output);
        command.Add(unit);
        shards.AddTo(command);
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            if (shards.Are(call))
            {
                if (images.Are(call)) throw new UsageException("images and --shards are two calls: the manifest says which pictures. Give one of them.");
                if (call.GetValue(unit)) throw new UsageException("--normalize is for the merged file: shards keep features as the tower gives them. Give it to nclip embed merge.");
                return await shards.RunAsync(call, terminal, call.GetValue(output)!.ToString(), model, stop).ConfigureAwait(false);
            }
            var failures = new Failures(terminal);
            var run = new EmbedRun(terminal, call.GetValue(output)!.FullName, FeatureKind.Images, call.GetValue(unit), failures);
            using var pictures = images.Read(call, terminal, run.Miss, stop);
            var options = model.ReadFor(pictures.Files.Count, call);
            using var clip = await model.LoadAsync(call, terminal, options, stop).ConfigureAwait(false);
            ModelOptions.NeedTowers(clip, image: true);
            var encoder = new BatchEncoder(clip, options.BatchSize);
            await run.RunAsync(() => Identity.OfPictures(clip, options), clip.Spec.EmbedDim, pictures.Files.Chunk(options.BatchSize), b => Identity.Of(b, pictures),
                rest => encoder.EncodeAsync(rest, pictures, stop), pictures.Files.Count, stop).ConfigureAwait(false);
            return failures.Code;
        });
        return command;
    }

    private static ExampleCommand Texts(Terminal terminal)
    {
        var (texts, output, unit, model) = (new TextInputs(), Output(), Unit(), new ModelOptions());
        var command = new ExampleCommand("texts", "Features [N, D] of texts.",
            "nclip embed texts \"a cat\" \"a dog\" -o texts.npy",
            "nclip embed texts --input captions.txt -o captions.safetensors");
        texts.AddTo(command);
        command.Add(output);
        command.Add(unit);
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var failures = new Failures(terminal);
            var run = new EmbedRun(terminal, call.GetValue(output)!.FullName, FeatureKind.Texts, call.GetValue(unit), failures);
            var (lines, options) = (texts.Read(call, terminal), model.Read(call));
            using var clip = await model.LoadAsync(call, terminal, options, stop).ConfigureAwait(false);
            ModelOptions.NeedTowers(clip, text: true);
            var encoder = new BatchEncoder(clip, options.BatchSize);
            await run.RunAsync(() => Identity.OfTexts(clip, options), clip.Spec.EmbedDim, lines.Chunk(options.BatchSize), Identity.Of,
                rest => encoder.EncodeAsync(rest, texts.File(call), stop), null, stop).ConfigureAwait(false);
            return failures.Code;
        });
        return command;
    }

    /// <summary>The file of features.</summary>
    public static Option<FileInfo> Output(string description = "", string name = "") => new("--output", "-o") { Description = $"The file to write; its extension names the format{description}.", HelpName = $"X.npy|X.safetensors|X.parquet{name}", Required = true };

    /// <summary>Whether rows are divided by their length.</summary>
    public static Option<bool> Unit() => new("--normalize") { Description = "Divide every row by its length, so that a dot product is a cosine. Default: as the tower gives them." };
}
