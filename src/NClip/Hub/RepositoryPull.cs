using System.Collections.Concurrent;
using NClip.Hub.Caches;

namespace NClip.Hub;

/// <summary>Brings the model files of one revision into the cache. The revision's name is written last: until then it means what it meant before.</summary>
internal sealed class RepositoryPull(HubClient client, HubOptions options, RepositoryCache cache, ModelName.Repository name, IProgress<HubProgress>? progress)
{
    /// <returns>The snapshot's folder.</returns>
    public async Task<string> RunAsync(int parallel, CancellationToken cancellationToken)
    {
        // The first answer says which commit the revision is; everything else is asked of that commit, so a push in between mixes nothing.
        var small = new ConcurrentDictionary<string, RemoteFile>();
        var commit = RepositoryCache.IsCommit(name.Revision) ? name.Revision : null;
        foreach (var file in RepositoryFiles.Small)
        {
            if (commit is not null) break;
            commit = (small[file] = await DescribeAsync(name.Revision, file, cancellationToken).ConfigureAwait(false)).Commit;
        }
        if (commit is null)
            throw new HubException(small.Values.All(f => f.ETag is null) ? HubError.NotFound : HubError.Protocol, small.Values.All(f => f.ETag is null)
                ? $"{options.Endpoint.Host} has none of a model's files for {name.Id} (revision {name.Revision}). Check the spelling of the name."
                : $"{options.Endpoint.Host} does not say which commit '{name.Revision}' of {name.Id} is (no X-Repo-Commit). Is HF_ENDPOINT a hub?");

        await Parallel.ForEachAsync(RepositoryFiles.Small.Where(f => !small.ContainsKey(f) && !IsSettled(commit, f)), new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellationToken },
            async (file, ct) => small[file] = await DescribeAsync(commit, file, ct).ConfigureAwait(false)).ConfigureAwait(false);
        var weights = RepositoryFiles.WeightsIn(cache, commit, name.OpenClip) is null ? await FindWeightsAsync(commit, cancellationToken).ConfigureAwait(false) : null;

        foreach (var file in RepositoryFiles.Small)
            if (small.TryGetValue(file, out var remote)) await FetchAsync(commit, remote, cancellationToken).ConfigureAwait(false);
        if (weights is not null) await FetchWeightsAsync(commit, weights, cancellationToken).ConfigureAwait(false);

        cache.SetCommit(name.Revision, commit);
        return cache.Snapshot(commit);
    }

    private bool IsSettled(string commit, string file) => cache.Has(commit, file) || cache.IsKnownAbsent(commit, file);

    private Task<RemoteFile> DescribeAsync(string revision, string file, CancellationToken cancellationToken)
    {
        progress?.Report(new HubProgress(name.Id, file, HubStage.Checking));
        return client.DescribeAsync(name.Id, revision, file, () => progress?.Report(new HubProgress(name.Id, file, HubStage.Retrying)), cancellationToken);
    }

    private async Task<RemoteFile> FindWeightsAsync(string commit, CancellationToken cancellationToken)
    {
        var names = RepositoryFiles.Weights(name.OpenClip);
        foreach (var file in names)
        {
            if (cache.IsKnownAbsent(commit, file)) continue;
            var remote = await DescribeAsync(commit, file, cancellationToken).ConfigureAwait(false);
            if (remote.ETag is not null) return remote;
            cache.SetAbsent(commit, file);
        }
        throw new HubException(HubError.NotFound, $"{name.Id} (revision {name.Revision}) has none of the weight files {string.Join(", ", names)}. Is it a CLIP or SigLIP model? Download another file by hand and give its path.");
    }

    private async Task FetchWeightsAsync(string commit, RemoteFile weights, CancellationToken cancellationToken)
    {
        await FetchAsync(commit, weights, cancellationToken).ConfigureAwait(false);
        if (!RepositoryFiles.IsIndex(weights.File)) return;
        foreach (var shard in RepositoryFiles.Shards(cache.FilePath(commit, weights.File)))
        {
            var remote = await DescribeAsync(commit, shard, cancellationToken).ConfigureAwait(false);
            if (remote.ETag is null) throw new HubException(HubError.NotFound, $"{name.Id}: the index names the shard '{shard}', which the repository does not have. It is damaged; try another revision.", weights.File);
            await FetchAsync(commit, remote, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FetchAsync(string commit, RemoteFile remote, CancellationToken cancellationToken)
    {
        if (remote.ETag is not { } etag)
        {
            cache.SetAbsent(commit, remote.File);
            return;
        }
        if (cache.Has(commit, remote.File)) return;
        var blob = cache.Blob(etag);
        var transfer = new Transfer(name.Id, remote.File, client.FileAddress(name.Id, commit, remote.File), blob, cache.Lock(etag), remote.Size, ContentDigest.FromETag(etag), RepositoryFiles.Limit(remote.File));
        await new Download(client, options, transfer, progress).RunAsync(
            _ => Task.FromResult(cache.Has(commit, remote.File) || (CacheFile.Length(blob) is { } length && (remote.Size ?? length) == length)),
            () => cache.Place(commit, remote.File, etag, options.Links), cancellationToken).ConfigureAwait(false);
    }
}
