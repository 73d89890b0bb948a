using System.CommandLine;
using NClip.Cli.Embedding;
using NClip.Cli.Output;
using NClip.Cli.Searching;
using NClip.Search;

namespace NClip.Cli.Commands.Embed;

/// <summary><c>nclip embed verify</c>: whether a folder has all shards of a manifest, whole and of one model, and whether the pictures still are those that were listed.</summary>
internal static class EmbedVerifyCommand
{
    public static Command Create(Terminal terminal)
    {
        var (manifest, folder) = Places();
        var content = new Option<bool>("--content") { Description = "Read all pictures and compare their SHA-256 with the manifest's. Default: sizes are compared." };
        var (root, json) = (ShardOptions.Root(), Options.Json());
        var command = new ExampleCommand("verify", "Count the rows of shards against their manifest, and name what is missing, damaged or changed.",
            "nclip embed verify manifest.json shards",
            "nclip embed verify manifest.json shards --json")
        { manifest, folder, content, root, json };
        command.SetAction((call, stop) => Task.FromResult(Run(call, stop)));
        return command;

        int Run(ParseResult call, CancellationToken stop)
        {
            var listed = ShardOptions.Read(call.GetValue(manifest)!, call.GetValue(root));
            if (call.GetValue(content) && listed.Samples.All(s => s.Sha256 is null)) throw new UsageException($"--content: {call.GetValue(manifest)} has no digests to compare with. Make it with --digests, or leave --content out.");
            using var progress = new ProgressLine(terminal);
            var report = ShardReport.Of(listed, Shards(listed, call.GetValue(folder)!), call.GetValue(content), new Now<int>(done => progress.Count(done, listed.Samples.Count, "pictures")), stop);
            progress.Clear();
            return report.Write(terminal, call.GetValue(manifest)!.ToString(), call.GetValue(json));
        }
    }

    /// <summary>The manifest and the folder of shards that a call names.</summary>
    public static (Argument<FileInfo> Manifest, Argument<DirectoryInfo> Folder) Places() =>
        (new("manifest") { Description = "The manifest that nclip embed manifest made.", HelpName = "MANIFEST" }, new("folder") { Description = "The folder of its shards.", HelpName = "FOLDER" });

    /// <summary>The shards in a folder that is there.</summary>
    /// <exception cref="UsageException">It is not.</exception>
    public static EmbeddingShards Shards(EmbeddingManifest manifest, DirectoryInfo folder)
        => folder.Exists ? new EmbeddingShards(manifest, folder.ToString()) : throw new UsageException($"{folder}: there is no such folder. Name the one that nclip embed images --shards wrote into.");
}
