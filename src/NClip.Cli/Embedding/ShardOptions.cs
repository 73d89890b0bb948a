using System.CommandLine;
using NClip.Cli.Output;
using NClip.Cli.Searching;
using NClip.Search;

namespace NClip.Cli.Embedding;

/// <summary>The options by which <c>embed images</c> makes one shard of a manifest, and the call that does.</summary>
internal sealed class ShardOptions
{
    private readonly Option<FileInfo?> _manifest = new("--shards") { Description = "Instead of images: a manifest that nclip embed manifest made. One shard of it is embedded into the folder of --output; one that is there already is left alone.", HelpName = "MANIFEST" };
    private readonly Option<string?> _shard = new("--shard") { Description = "Which shard, counted from 0: 0/4 to 3/4. Default: JOB_COMPLETION_INDEX (Kubernetes) or SLURM_ARRAY_TASK_ID (Slurm).", HelpName = "I/N" };
    private readonly Option<bool> _retry = new("--retry") { Description = "Make a shard anew if some of its pictures could not be read." };
    private readonly Option<DirectoryInfo?> _root = Root();

    /// <summary>Where the pictures of a manifest lie.</summary>
    public static Option<DirectoryInfo?> Root() => new("--root") { Description = "The folder of the manifest's pictures on this machine. Default: as the manifest says.", HelpName = "FOLDER" };

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="UsageException">It cannot be used.</exception>
    public static EmbeddingManifest Read(FileInfo manifest, DirectoryInfo? root) => ModelOptions.Usable(() => EmbeddingManifest.Read(manifest.ToString(), root?.FullName));

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var o in (Option[])[_manifest, _shard, _root, _retry]) command.Add(o);
    }

    /// <summary>Whether a call is for a shard.</summary>
    /// <exception cref="UsageException">It is not, and has options of one.</exception>
    public bool Are(ParseResult call)
    {
        if (call.GetValue(_manifest) is not null) return true;
        foreach (var o in (Option[])[_shard, _root, _retry])
            if (call.GetResult(o) is { Implicit: false }) throw new UsageException($"{o.Name} is about shards. Give --shards MANIFEST with it, or leave it out.");
        return false;
    }

    /// <summary>Makes the shard.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The manifest, the shard's number or the folder cannot be used.</exception>
    /// <exception cref="StoppedException">The user stopped it.</exception>
    public async Task<int> RunAsync(ParseResult call, Terminal terminal, string folder, ModelOptions model, CancellationToken stop)
    {
        var manifest = Read(call.GetValue(_manifest)!, call.GetValue(_root));
        var shard = ShardNumber.Of(call.GetValue(_shard), manifest.Shards, Environment.GetEnvironmentVariable);
        var (shards, count) = (new EmbeddingShards(manifest, folder), manifest.Shard(shard).Count);
        var options = model.ReadFor(count, call);
        using var clip = await model.LoadAsync(call, terminal, options, stop).ConfigureAwait(false);
        ModelOptions.NeedTowers(clip, image: true);
        using var progress = new ProgressLine(terminal);
        try
        {
            var result = await shards.EmbedAsync(shard, clip, GalleryModel.Of(clip, model.Name(call), options, stop), call.GetValue(_retry), new Now<int>(done => progress.Count(done, count, "pictures")), stop).ConfigureAwait(false);
            progress.Clear();
            return Say(terminal, result, manifest, shards);
        }
        catch (SearchException e) { throw new UsageException(e.Message, e); }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            throw new StoppedException(FormattableString.Invariant($"stopped; nothing is kept of shard {shard}/{manifest.Shards}. The same command makes it."), e);
        }
    }

    private static int Say(Terminal terminal, ShardResult result, EmbeddingManifest manifest, EmbeddingShards shards)
    {
        var (failures, state) = (new Failures(terminal), result.State);
        var name = FormattableString.Invariant($"shard {state.Shard}/{manifest.Shards}");
        if (result.Replaced is { } why) terminal.Note($"{name} was there and has been made anew: {why}.");
        if (result.WasThere) terminal.Note(FormattableString.Invariant($"{name} is there already: {state.Rows} rows. Nothing was to be done."));
        if (result.WasThere && state.Quarantined.Count > 0) failures.Add(FormattableString.Invariant($"{state.Quarantined.Count} of its pictures could not be read: {shards.QuarantineOf(state.Shard)} says why, --retry tries again."));
        else foreach (var q in state.Quarantined) failures.Add($"{q.File}: {q.Reason}");
        return failures.Code;
    }
}
