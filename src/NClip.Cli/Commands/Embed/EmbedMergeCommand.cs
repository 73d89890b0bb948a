using System.CommandLine;
using NClip.Cli.Embedding;
using NClip.Cli.Output.Features;

namespace NClip.Cli.Commands.Embed;

/// <summary><c>nclip embed merge</c>: the shards of a manifest as the file that <c>embed images</c> would have written.</summary>
internal static class EmbedMergeCommand
{
    public static Command Create(Terminal terminal)
    {
        var (manifest, folder) = EmbedVerifyCommand.Places();
        var (output, unit, root) = (EmbedCommand.Output(), EmbedCommand.Unit(), ShardOptions.Root());
        var command = new ExampleCommand("merge", "Put the shards of a manifest together into one file of features.",
            "nclip embed merge manifest.json shards -o photos.npy",
            "nclip embed merge manifest.json shards -o photos.parquet --normalize")
        { manifest, folder, output, unit, root };
        command.SetAction(async (call, stop) =>
        {
            var failures = new Failures(terminal);
            var file = new FeatureOutput(call.GetValue(output)!.FullName, FeatureKind.Images, call.GetValue(unit));
            var listed = ShardOptions.Read(call.GetValue(manifest)!, call.GetValue(root));
            var merged = ModelOptions.Usable(() => EmbedVerifyCommand.Shards(listed, call.GetValue(folder)!).Merge(stop));
            foreach (var q in merged.Quarantined) failures.Add($"{q.File}: {q.Reason}");
            await file.WriteAsync(merged.Count, merged.Dimension, merged.Rows.Select(r => new FeatureRow(new(null, r.File), r.Features)), [.. merged.Quarantined.Select(q => (new RowSource(null, q.File), $"{q.File}: {q.Reason}"))], stop).ConfigureAwait(false);
            return failures.Code;
        });
        return command;
    }
}
