using NClip.Hub.Caches;

namespace NClip.Hub;

/// <summary>
/// Name to local files. The only room that knows the network. What a name may be: nothing (the embedded model), a file, a folder,
/// OpenAI's names, org/name[@revision], hf-hub:org/name. docs/hub.md says what is kept where and what is checked.
/// </summary>
public sealed class ModelHub : IDisposable
{
    private const int ParallelQuestions = 4;

    private readonly HubOptions _options;
    private readonly HubClient _client;

    /// <param name="options">Default: those of the environment.</param>
    public ModelHub(HubOptions? options = null)
    {
        _options = options ?? HubOptions.FromEnvironment();
        _client = new HubClient(_options);
    }

    /// <summary>The options in force.</summary>
    internal HubOptions Options => _options;

    /// <summary>Local file or folder of a model; downloads what is missing. Thread-safe, and safe beside other processes.</summary>
    /// <param name="nameOrPath">Name or path; null or empty for the embedded model.</param>
    /// <param name="progress">Told about every file.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept for the next call.</param>
    /// <exception cref="HubException">No such model, no access, no network, or bytes that are not those announced.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, whatever else went wrong with that.</exception>
    public async Task<string> ResolveAsync(string? nameOrPath, IProgress<HubProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        try { return await FindAsync(nameOrPath, progress, cancellationToken).ConfigureAwait(false); }
        catch (HubException e) when (cancellationToken.IsCancellationRequested) { throw new OperationCanceledException("The download was cancelled.", e, cancellationToken); }
    }

    private async Task<string> FindAsync(string? nameOrPath, IProgress<HubProgress>? progress, CancellationToken cancellationToken) =>
        ModelName.Parse(nameOrPath, _options.Endpoint) switch
        {
            ModelName.Embedded => EmbeddedFolder() ?? throw new HubException(HubError.NotFound,
                $"the embedded model {ModelName.EmbeddedName} is not beside the program ({Path.Combine(_options.ApplicationFolder, ModelName.EmbeddedName)}). Add the package NClip.Mini, or name a model: ViT-B/32, openai/clip-vit-base-patch32, a folder or a file."),
            ModelName.Local local => local.Path,
            ModelName.OpenAI openAI => await OpenAIAsync(openAI.Model, progress, cancellationToken).ConfigureAwait(false),
            ModelName.Repository repository => await RepositoryAsync(repository, progress, cancellationToken).ConfigureAwait(false),
            _ => throw new InvalidOperationException(),
        };

    /// <summary>Folder of the embedded model, or null where the program does not carry it.</summary>
    internal string? EmbeddedFolder() => Path.Combine(_options.ApplicationFolder, ModelName.EmbeddedName) is var folder && Directory.Exists(folder) ? folder : null;

    private async Task<string> OpenAIAsync(OpenAIModel model, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_options.OpenAIFolder, model.FileName);
        var check = new VerifiedFiles(_options);
        if (await check.IsVerifiedAsync(file, model.Sha256, cancellationToken).ConfigureAwait(false)) return file;
        if (_options.Offline)
            throw new HubException(HubError.Offline, File.Exists(file)
                ? $"{model.Name}: the cached file is not the published one (its sha256 differs), and HF_HUB_OFFLINE is set. Remove the file or the variable."
                : $"{model.Name} is not in the cache, and HF_HUB_OFFLINE is set. Unset it, or put {model.FileName} there.", file);

        var lockFile = Path.Combine(_options.OpenAIFolder, ".locks", model.FileName + ".lock");
        var transfer = new Transfer(model.Name, model.FileName, model.Address(_options.OpenAIEndpoint), file, lockFile, null, ContentDigest.Sha256(model.Sha256), RepositoryFiles.WeightLimit);
        await new Download(_client, _options, transfer, progress)
            .RunAsync(ct => check.IsVerifiedAsync(file, model.Sha256, ct), () => check.Remember(file, model.Sha256), cancellationToken).ConfigureAwait(false);
        return file;
    }

    private async Task<string> RepositoryAsync(ModelName.Repository name, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        var cache = new RepositoryCache(_options.CacheFolder, name.Id);
        var cached = cache.Commit(name.Revision) is { } c && RepositoryFiles.IsUsable(cache, c, name.OpenClip) ? c : null;
        if (cached is not null && (_options.Offline || (!_options.Refresh && IsComplete(cache, cached)))) return cache.Snapshot(cached);
        if (_options.Offline)
            throw new HubException(HubError.Offline, $"{name.Id} (revision {name.Revision}) is not whole in the cache, and HF_HUB_OFFLINE is set. Unset it once to download the model, or give a folder.", cache.Folder);
        if (cached is null || _options.Refresh)
            return await new RepositoryPull(_client, _options, cache, name, progress).RunAsync(ParallelQuestions, cancellationToken).ConfigureAwait(false);

        // It works already, put there by another program; one quick question whether small files are missing, and no network is no reason to fail.
        var quick = _options with { Attempts = 1, Timeout = TimeSpan.FromSeconds(Math.Min(10, _options.Timeout.TotalSeconds)) };
        using var client = new HubClient(quick);
        try
        {
            return await new RepositoryPull(client, quick, cache, name, progress).RunAsync(ParallelQuestions, cancellationToken).ConfigureAwait(false);
        }
        catch (HubException e) when (e.Error == HubError.Network)
        {
            return cache.Snapshot(cached);
        }
    }

    // Nothing is left to ask: each small file is here or known not to exist.
    private static bool IsComplete(RepositoryCache cache, string commit) => RepositoryFiles.Small.All(f => cache.Has(commit, f) || cache.IsKnownAbsent(commit, f));

    /// <summary>Models that are on this machine: the embedded one, OpenAI's files, and the repositories of the hub's cache that hold a CLIP.</summary>
    /// <param name="types">model_type in config.json (transformers) of what can be loaded: the hub itself knows no models.</param>
    internal IReadOnlyList<CachedModel> ListCached(IReadOnlyCollection<string> types) => CachedModels.List(_options, EmbeddedFolder(), types);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();
}
