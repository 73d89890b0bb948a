using System.CommandLine;
using NClip.Cli.Inputs;
using NClip.Cli.Output;
using NClip.Cli.Output.Features;

namespace NClip.Cli.Commands;

/// <summary><c>nclip embed images|texts</c>: features into a file, rows in the order of the inputs.</summary>
internal static class EmbedCommand
{
    public static Command Create(Terminal terminal) => new("embed", "Write the features of pictures or texts into a file.") { Images(terminal), Texts(terminal) };

    private static Command Images(Terminal terminal)
    {
        var images = new Argument<string[]>("images") { Description = "Files, folders (with their subfolders), or patterns.", Arity = ArgumentArity.OneOrMore };
        var (output, unit, model) = (Output(), Unit(), new ModelOptions());
        var command = new Command("images", "Features [N, D] of pictures.") { images, output, unit };
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var target = Target(call, output);
            var failures = new Failures(terminal);
            using var errors = new ErrorList(target, FeatureKind.Images, failures);
            var files = PictureFiles.Expand(call.GetValue(images)!, (entry, message) => errors.Add(new(null, entry), message));
            using var clip = await model.LoadForAsync(files.Count, call, terminal, stop).ConfigureAwait(false);
            using var features = FeatureFile.Create(target, FeatureKind.Images, clip.Spec.EmbedDim);
            using var progress = new ProgressLine(terminal);
            var done = 0;
            await foreach (var picture in clip.EncodeImagesAsync(files, stop).ConfigureAwait(false))
            {
                progress.Show(() => $"{done} of {files.Count} pictures");
                done++;
                if (picture.Error is { } e) errors.Add(new(null, picture.File), e.Message, e);
                else await features.AddAsync(new(null, picture.File), Normalized(picture.Features, call.GetValue(unit))).ConfigureAwait(false);
            }
            await features.CompleteAsync().ConfigureAwait(false);
            errors.Complete();
            return failures.Code;
        });
        return command;
    }

    private static Command Texts(Terminal terminal)
    {
        var texts = new Argument<string[]>("texts") { Description = "Texts.", Arity = ArgumentArity.ZeroOrMore };
        var input = Options.File("--input", "A file with one JSON object a line: {\"text\": ...}; its \"id\" is kept.", "-i");
        var (output, unit, model) = (Output(), Unit(), new ModelOptions());
        var command = new Command("texts", "Features [N, D] of texts.") { texts, input, output, unit };
        model.AddTo(command);
        command.SetAction(async (call, stop) =>
        {
            var (target, given, file) = (Target(call, output), call.GetValue(texts)!, call.GetValue(input));
            if (given.Length == 0 && file is null) throw new UsageException("there is no text. Give texts, or --input FILE with one JSON object a line.");
            var lines = given.Select((t, i) => new TextLine(i + 1, null, t, null));
            if (file is not null) lines = lines.Concat(JsonLines.Texts(file, "--input"));
            var failures = new Failures(terminal);
            using var errors = new ErrorList(target, FeatureKind.Texts, failures);
            using var clip = await model.LoadAsync(call, terminal, cancellation: stop).ConfigureAwait(false);
            using var features = FeatureFile.Create(target, FeatureKind.Texts, clip.Spec.EmbedDim);
            using var progress = new ProgressLine(terminal);
            var done = 0;
            foreach (var chunk in lines.Chunk(model.Read(call).BatchSize))
            {
                stop.ThrowIfCancellationRequested();
                progress.Show(() => $"{done} texts");
                done += chunk.Length;
                foreach (var bad in chunk.Where(l => l.Error is not null)) errors.Add(new(bad.Id, bad.Text), $"{file}: {bad.Error}");
                foreach (var (line, vector) in Encode(clip, [.. chunk.Where(l => l.Error is null)], errors))
                    await features.AddAsync(new(line.Id, line.Text), Normalized(vector, call.GetValue(unit))).ConfigureAwait(false);
            }
            await features.CompleteAsync().ConfigureAwait(false);
            errors.Complete();
            return failures.Code;
        });
        return command;
    }

    // A batch with a text that the model refuses is encoded text by text, so that only that one has no row.
    private static IEnumerable<(TextLine Line, float[] Features)> Encode(Clip clip, TextLine[] lines, ErrorList errors)
    {
        if (lines.Length == 0) return [];
        try
        {
            var m = clip.EncodeText([.. lines.Select(l => l.Text)]);
            return lines.Select((l, i) => (l, m.Row(i).ToArray()));
        }
        catch (ClipException e) when (lines.Length == 1)
        {
            errors.Add(new(lines[0].Id, lines[0].Text), e.Message, e);
            return [];
        }
        catch (ClipException)
        {
            return lines.SelectMany(l => Encode(clip, [l], errors));
        }
    }

    private static ReadOnlyMemory<float> Normalized(ReadOnlyMemory<float> features, bool unit)
    {
        if (!unit) return features;
        var r = new float[features.Length];
        VectorMath.Normalize(features.Span, r);
        return r;
    }

    private static Option<FileInfo> Output() => new("--output", "-o") { Description = "The file to write; its extension names the format.", HelpName = "X.npy|X.safetensors|X.parquet", Required = true };

    private static Option<bool> Unit() => new("--normalize") { Description = "Divide every row by its length, so that a dot product is a cosine. Default: as the tower gives them." };

    private static string Target(ParseResult call, Option<FileInfo> option)
    {
        var path = call.GetValue(option)!.FullName;
        FeatureFile.Check(path);
        return path;
    }
}
