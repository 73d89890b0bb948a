using NClip.Checkpoints;
using NClip.Cli;
using NClip.Foundation;
using NClip.Search.Shards;

namespace NClip.Search;

/// <summary>
/// A folder with the features of a manifest's pictures, a file a shard. Workers share nothing but the folder: each makes the shards that it is told to, one that is
/// there already is left alone, and one that was begun and not ended leaves nothing that counts. So a scheduler may run, kill and repeat them as it likes (docs/scale.md).
/// </summary>
public sealed class EmbeddingShards
{
    private const string Prefix = "features-", Extension = ".safetensors";

    private readonly EmbeddingManifest _manifest;
    private readonly string _folder;

    /// <param name="manifest">What is embedded.</param>
    /// <param name="folder">Where the shards lie.</param>
    public EmbeddingShards(EmbeddingManifest manifest, string folder)
        => (_manifest, _folder) = (Given.One(manifest, "manifest"), Given.One(folder, "folder of shards"));

    // Part of the names, so that two manifests never write one file.
    private string Own => $"{Prefix}{_manifest.Digest[..8]}-";

    /// <summary>The file of a shard's features.</summary>
    /// <param name="shard">Its number, from 0 on.</param>
    public string FileOf(int shard) => Path.Join(_folder, FormattableString.Invariant($"{Own}{shard:00000}-of-{_manifest.Shards:00000}{Extension}"));

    /// <summary>The list of a shard's pictures that could not be read, a JSON object a line; there is none where all could.</summary>
    /// <param name="shard">Its number, from 0 on.</param>
    public string QuarantineOf(int shard) => Path.ChangeExtension(FileOf(shard), ".quarantine.jsonl");

    /// <summary>Files of the folder that are shards of other manifests.</summary>
    public IReadOnlyList<string> Foreign()
        => [.. Files($"{Prefix}*{Extension}").Where(f => !Path.GetFileName(f).StartsWith(Own, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Looks at a shard's file, at every byte of it.</summary>
    /// <param name="shard">Its number, from 0 on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SearchException">There is no such shard.</exception>
    public ShardState Look(int shard, CancellationToken cancellationToken = default)
    {
        _manifest.Shard(shard);
        var (file, condition, reason) = ShardFile.Open(FileOf(shard), _manifest, shard, cancellationToken);
        using (file)
        {
            return file is null
                ? new ShardState(shard, condition, 0, 0, [], null, reason)
                : new ShardState(shard, condition, file.Rows, file.Dimension, [.. file.Quarantined.Select(q => new FailedFile(_manifest.PathOf(q.Sample), q.Reason))], file.Model, null);
        }
    }

    /// <summary>
    /// Makes a shard, unless it is there and whole, of this manifest and this model. Its rows are held in memory until it is written. Pictures that cannot be read, or
    /// are others than the manifest says, are put into the shard's quarantine and end nothing.
    /// </summary>
    /// <param name="shard">Its number, from 0 on.</param>
    /// <param name="clip">The model. Batches of the same size give the same bytes.</param>
    /// <param name="model">What it is: <see cref="GalleryModel.Of"/>.</param>
    /// <param name="retry">Whether a shard that has pictures in quarantine is made again.</param>
    /// <param name="progress">Told how many of its pictures are done.</param>
    /// <param name="cancellationToken">Ends it; of this shard nothing is kept.</param>
    /// <exception cref="SearchException">There is no such shard, the pictures' folder is not there, or the folder has shards of another manifest.</exception>
    /// <exception cref="CheckpointException">The shard cannot be written.</exception>
    public async Task<ShardResult> EmbedAsync(int shard, Clip clip, GalleryModel model, bool retry = false, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        Given.One(clip, "model");
        var name = $"{Given.One(model, "model's description").Fingerprint} {model.Manner}";
        var (first, count) = _manifest.Shard(shard);
        Prepare();
        var before = Look(shard, cancellationToken);
        var replaced = before.Condition == ShardCondition.Missing ? null : before.Reason ?? (before.Model != name ? $"it is of another model ({before.Model})" : retry && before.Quarantined.Count > 0 ? "it has pictures in quarantine" : null);
        if (before.Condition == ShardCondition.Whole && replaced is null)
        {
            Tidy(shard);
            return new ShardResult(before, true, null);
        }
        var (rows, quarantined) = (new List<ReadOnlyMemory<float>>(count), new List<(int Sample, string Reason)>());
        await foreach (var picture in clip.EncodeImagesAsync(Enumerable.Range(first, count).Select(Input), cancellationToken).ConfigureAwait(false))
        {
            if (picture.Error is { } e) quarantined.Add((first + rows.Count + quarantined.Count, Reason(e, picture.File)));
            else rows.Add(picture.Features);
            progress?.Report(rows.Count + quarantined.Count);
        }
        if (quarantined.Count > 0) NeedRoot(); // a disk that has gone meanwhile is no fault of its pictures
        try
        {
            ShardFile.Write(FileOf(shard), _manifest, shard, name, clip.Spec.EmbedDim, rows, quarantined);
        }
        catch (CheckpointException) when (Look(shard, cancellationToken) is { Condition: ShardCondition.Whole } there && there.Model == name)
        {
            // Another worker has written it in this moment, and has cleared away what lay beside it.
        }
        Tidy(shard);
        return new ShardResult(Look(shard, cancellationToken), false, replaced);
    }

    /// <summary>All shards as one table.</summary>
    /// <param name="cancellationToken">Ends the look at the shards.</param>
    /// <exception cref="SearchException">A shard is missing, damaged or another's, or they are not of one model.</exception>
    public MergedShards Merge(CancellationToken cancellationToken = default)
    {
        if (Foreign() is [var foreign, ..]) throw Others(foreign);
        ShardState[] states = [.. Enumerable.Range(0, _manifest.Shards).Select(s => Look(s, cancellationToken))];
        if (Array.Find(states, s => s.Condition != ShardCondition.Whole) is { } bad)
        {
            var others = states.Count(s => s.Condition != ShardCondition.Whole) - 1;
            throw new SearchException(FormattableString.Invariant($"shard {bad.Shard} of {_manifest.Shards} is {(bad.Reason is { } why ? $"not whole: {why}" : "missing")}{(others > 0 ? FormattableString.Invariant($", and {others} more with it") : "")}. Make it with nclip embed images --shards MANIFEST --shard {bad.Shard}/{_manifest.Shards}, then merge again."), FileOf(bad.Shard));
        }
        if (Array.Find(states, s => s.Model != states[0].Model || s.Dimension != states[0].Dimension) is { } other)
            throw new SearchException(FormattableString.Invariant($"shard {other.Shard} is of the model {other.Model}, and shard 0 of {states[0].Model}. Vectors of two models cannot be compared: make all shards with one model, then merge again."), FileOf(other.Shard));
        return new MergedShards(states.Sum(s => s.Rows), states[0].Dimension, Rows(states), [.. states.SelectMany(s => s.Quarantined)]);
    }

    /// <summary>Pictures that are others now than the manifest says, in size, or gone.</summary>
    /// <param name="states">The shards as they were found: pictures in quarantine are left out, as they are known already.</param>
    /// <param name="content">Whether contents are read and compared, where the manifest has their digests.</param>
    /// <param name="progress">Told how many files were looked at.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SearchException">The pictures' folder is not there.</exception>
    public IReadOnlyList<FailedFile> Changed(IReadOnlyList<ShardState> states, bool content = false, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        NeedRoot();
        var known = Given.All(states, "shard's state", "shards' states").SelectMany(s => s.Quarantined).Select(q => q.File).ToHashSet(StringComparer.Ordinal);
        var (changed, done) = (new List<FailedFile>(), 0);
        foreach (var (path, difference) in Ordered.Select(Enumerable.Range(0, _manifest.Samples.Count), Environment.ProcessorCount, i => (_manifest.PathOf(i), Difference(i, content)), cancellationToken))
        {
            if (difference is not null && !known.Contains(path)) changed.Add(new FailedFile(path, difference));
            progress?.Report(++done);
        }
        return changed;
    }

    private string? Difference(int sample, bool content)
    {
        try { return ManifestFiles.Difference(_manifest.Samples[sample], _manifest.PathOf(sample), content); }
        catch (Exception e) when (FileRefusal.Is(e)) { return $"it cannot be read: {e.Message}"; }
    }

    private IEnumerable<(string File, ReadOnlyMemory<float> Features)> Rows(ShardState[] states)
    {
        foreach (var state in states)
        {
            var (file, _, reason) = ShardFile.Open(FileOf(state.Shard), _manifest, state.Shard, default);
            using (file)
            {
                if (file is null || file.Model != state.Model || file.Rows != state.Rows) throw new SearchException($"was replaced while it was merged ({reason ?? "it is of another run"}). Merge again when no worker runs.", FileOf(state.Shard));
                var ((first, count), broken, row) = (_manifest.Shard(state.Shard), file.Quarantined.Select(q => q.Sample).ToHashSet(), 0);
                for (var i = first; i < first + count; i++)
                    if (!broken.Contains(i)) yield return (_manifest.PathOf(i), file.Row(row++));
            }
        }
    }

    private ImageInput Input(int sample)
    {
        var (noted, path) = (_manifest.Samples[sample], _manifest.PathOf(sample));
        return ImageInput.From(path, _ => ManifestFiles.Check(noted, path));
    }

    // Without the path: it is another on another machine, and the shard's bytes are the same.
    private static string Reason(ClipException error, string file)
        => error.Message.StartsWith($"{Shown.Message(file)}: ", StringComparison.Ordinal) ? error.Message[(Shown.Message(file).Length + 2)..] : error.Message;

    private void Prepare()
    {
        NeedRoot();
        try { Directory.CreateDirectory(_folder); }
        catch (Exception e) when (FileRefusal.Is(e)) { throw new SearchException(File.Exists(_folder) ? "this is a file. Name a folder for the shards." : $"cannot be made: {FileRefusal.Why(e)}", _folder, e); }
        if (Foreign() is [var foreign, ..]) throw Others(foreign);
    }

    private void NeedRoot()
    {
        if (!Directory.Exists(_manifest.Root)) throw new SearchException("there is no such folder; the manifest says that its pictures lie there. Mount it, or say with --root where they are on this machine.", _manifest.Root);
    }

    private SearchException Others(string foreign) => new($"has shards of another manifest ({Path.GetFileName(foreign)}; those of this one are called {Own}*). Name another folder, or the manifest that these are of.", _folder);

    // The list of the quarantine is the shard's own, in words; what workers that were killed left beside it goes, where no other writes it now.
    private void Tidy(int shard)
    {
        var (file, _, _) = ShardFile.Open(FileOf(shard), _manifest, shard, default);
        using (file)
        {
            if (file is null) return;
            var list = string.Concat(file.Quarantined.Select(q => ShardFile.JsonLine(w =>
            {
                w.WriteString("file", _manifest.Samples[q.Sample].File);
                w.WriteString("error", q.Reason);
            })));
            WriteList(QuarantineOf(shard), list);
        }
        foreach (var left in Files($"{Path.GetFileNameWithoutExtension(FileOf(shard))}.*{NewFile.Part}"))
            if (IsNobodys(left)) NewFile.Discard(left);
    }

    private static void WriteList(string path, string list)
    {
        try
        {
            if (list.Length == 0) File.Delete(path);
            else if (!File.Exists(path) || File.ReadAllText(path) != list) NewFile.Write(path, to => to.Write(System.Text.Encoding.UTF8.GetBytes(list)));
        }
        catch (Exception e) when (FileRefusal.Is(e) && File.Exists(path) && File.ReadAllText(path) == list) { /* another worker has written the same in this moment */ }
        catch (Exception e) when (FileRefusal.Is(e)) { throw new SearchException($"cannot be written: {FileRefusal.Why(e)}", path, e); }
    }

    private static bool IsNobodys(string part)
    {
        try
        {
            using var held = new FileStream(part, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception e) when (FileRefusal.Is(e)) { return false; }
    }

    private IEnumerable<string> Files(string pattern) => Directory.Exists(_folder) ? Directory.EnumerateFiles(_folder, pattern) : [];
}
