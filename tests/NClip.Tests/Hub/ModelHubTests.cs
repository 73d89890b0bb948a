using NClip.Hub;
using Xunit;

namespace NClip.Tests.Hub;

public sealed class ModelHubTests : IDisposable
{
    private readonly FakeHub _hub = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _hub.Dispose();

    [Fact]
    public async Task A_repository_lies_in_the_layout_of_the_Python_cache()
    {
        var folder = await _hub.ResolveAsync(cancellationToken: Stop);

        Assert.Equal(_hub.Snapshot, folder);
        Assert.Equal(FakeHub.Commit, await File.ReadAllTextAsync(Path.Combine(_hub.Folder, "refs", "main"), Stop));
        var blob = Path.Combine(_hub.Folder, "blobs", FakeHub.Sha256(FakeHub.Weights));
        Assert.Equal(FakeHub.Weights, await File.ReadAllBytesAsync(blob, Stop));
        Assert.True(File.Exists(Path.Combine(_hub.Folder, "blobs", FakeHub.GitSha1(_hub["config.json"]))));
        Assert.Equal(FakeHub.Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), Stop));
        if (!OperatingSystem.IsWindows()) Assert.Equal($"../../blobs/{Path.GetFileName(blob)}", new FileInfo(Path.Combine(folder, "model.safetensors")).LinkTarget);
        Assert.True(File.Exists(Path.Combine(_hub.CacheFolder, ".locks", "models--org--tiny-clip", Path.GetFileName(blob) + ".lock")));
        Assert.True(File.Exists(Path.Combine(_hub.Folder, ".no_exist", FakeHub.Commit, "open_clip_config.json")));
        Assert.Empty(Directory.EnumerateFiles(_hub.Folder, "*.incomplete", SearchOption.AllDirectories));
        Assert.Equal(["config.json", "model.safetensors", "tokenizer.json"], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Where_links_are_refused_the_files_lie_in_the_snapshot_itself()
    {
        var folder = await _hub.ResolveAsync(change: o => o with { Links = false }, cancellationToken: Stop);

        var weights = new FileInfo(Path.Combine(folder, "model.safetensors"));
        Assert.Null(weights.LinkTarget);
        Assert.Equal(FakeHub.Weights.Length, weights.Length);
        Assert.Equal(folder, await _hub.ResolveAsync(change: o => o with { Links = false, Offline = true }, cancellationToken: Stop));
    }

    [Fact]
    public async Task The_second_call_sends_no_request()
    {
        await _hub.ResolveAsync(cancellationToken: Stop);
        var before = _hub.Site.Requests.Count + _hub.Store.Requests.Count;

        Assert.Equal(_hub.Snapshot, await _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Equal(before, _hub.Site.Requests.Count + _hub.Store.Requests.Count);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_to_the_server_it_redirects_to()
    {
        await _hub.ResolveAsync(change: o => o with { Token = "hf_secret" }, cancellationToken: Stop);

        Assert.All(_hub.Site.Requests, r => Assert.Equal("Bearer hf_secret", r.Headers["Authorization"]));
        Assert.NotEmpty(_hub.Store.Requests);
        Assert.All(_hub.Store.Requests, r => Assert.False(r.Headers.ContainsKey("Authorization")));
    }

    [Fact]
    public async Task A_redirect_within_the_hub_is_followed_and_keeps_the_hash()
    {
        _hub.Override = r => r.Path.Contains("/resolve/", StringComparison.Ordinal) && FakeHub.FileOf(r) == "config.json" && !r.Path.StartsWith("/cache", StringComparison.Ordinal)
            ? new Answer { Status = 307, Headers = { ["Location"] = "/cache" + r.Path, ["X-Repo-Commit"] = FakeHub.Commit, ["X-Linked-Etag"] = $"\"{FakeHub.GitSha1(_hub["config.json"])}\"" } }
            : r.Path.StartsWith("/cache", StringComparison.Ordinal) ? FakeHub.Send(r, _hub["config.json"], new() { ["ETag"] = "\"no-hash\"" }) : null;

        var folder = await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.EndsWith(FakeHub.GitSha1(_hub["config.json"]), new FileInfo(Path.Combine(folder, "config.json")).ResolveLinkTarget(true)!.FullName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sharded_model_brings_its_index_and_every_shard()
    {
        _hub.Remove("model.safetensors");
        _hub["model.safetensors.index.json"] = """{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}"""u8.ToArray();
        _hub["model-00001-of-00002.safetensors"] = FakeHub.Numbers(2);
        _hub["model-00002-of-00002.safetensors"] = FakeHub.Numbers(3);

        var folder = await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.Equal(FakeHub.Numbers(3), await File.ReadAllBytesAsync(Path.Combine(folder, "model-00002-of-00002.safetensors"), Stop));
        Assert.Equal(2, _hub.Store.Requests.Count);
    }

    [Theory]
    [InlineData("../../../../evil.safetensors")]
    [InlineData("/etc/evil.safetensors")]
    [InlineData("..\\\\evil.safetensors")]
    public async Task An_index_whose_shard_leads_out_of_the_repository_is_refused(string shard)
    {
        _hub.Remove("model.safetensors");
        _hub["model.safetensors.index.json"] = System.Text.Encoding.UTF8.GetBytes($$$"""{"weight_map": {"a": "{{{shard}}}"}}""");

        var e = await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Empty(_hub.Store.Requests);
    }

    [Theory]
    [InlineData("org/tiny-clip", "model.safetensors")]
    [InlineData("hf-hub:org/tiny-clip", "open_clip_model.safetensors")]
    [InlineData("https://huggingface.co/org/tiny-clip", "model.safetensors")]
    [InlineData("org/tiny-clip@0123456789abcdef0123456789abcdef01234567", "model.safetensors")]
    public async Task One_weight_file_is_taken_and_it_is_the_one_of_the_library_that_the_name_is_written_for(string name, string expected)
    {
        _hub["open_clip_config.json"] = "{}"u8.ToArray();
        _hub["open_clip_model.safetensors"] = FakeHub.Numbers(4);
        _hub["pytorch_model.bin"] = FakeHub.Numbers(5);
        _hub["README.md"] = "not asked for"u8.ToArray();

        var folder = await _hub.ResolveAsync(name, cancellationToken: Stop);
        Assert.Equal(new[] { "config.json", expected, "open_clip_config.json", "tokenizer.json" }.Order(), Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_pickle_is_taken_where_there_is_no_safetensors()
    {
        _hub.Remove("model.safetensors");
        _hub["open_clip_pytorch_model.bin"] = FakeHub.Numbers(4);

        var folder = await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.True(File.Exists(Path.Combine(folder, "open_clip_pytorch_model.bin")));
    }

    [Fact]
    public async Task A_repository_without_weights_is_refused_before_anything_is_downloaded()
    {
        _hub.Remove("model.safetensors");

        var e = await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Equal(HubError.NotFound, e.Error);
        Assert.Contains("open_clip_pytorch_model.bin", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Site.Requests, r => r.Method == "GET");
    }

    [Fact]
    public async Task What_another_program_has_cached_is_used_without_loading_it_again()
    {
        await _hub.ResolveAsync(cancellationToken: Stop);
        Directory.Delete(Path.Combine(_hub.Folder, ".no_exist"), recursive: true); // as if only transformers had been here
        File.Delete(Path.Combine(_hub.Snapshot, "tokenizer.json"));

        await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.True(File.Exists(Path.Combine(_hub.Snapshot, "tokenizer.json")));
        Assert.Equal(1, _hub.Store.Count("GET", "signed=1"));
    }

    [Fact]
    public async Task A_blob_without_a_link_is_linked_and_a_link_without_a_blob_is_loaded_again()
    {
        await _hub.ResolveAsync(cancellationToken: Stop);
        File.Delete(Path.Combine(_hub.Snapshot, "model.safetensors"));
        await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.Equal(1, _hub.Store.Count("GET", "signed=1"));

        File.Delete(Path.Combine(_hub.Folder, "blobs", FakeHub.Sha256(FakeHub.Weights)));
        var folder = await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.Equal(FakeHub.Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), Stop));
        Assert.Equal(2, _hub.Store.Count("GET", "signed=1"));
    }

    [Fact]
    public async Task A_moved_branch_is_noticed_when_asked_to_refresh_and_only_then()
    {
        await _hub.ResolveAsync(cancellationToken: Stop);
        _hub.Main = "fedcba9876543210fedcba9876543210fedcba98";
        _hub["config.json"] = """{"model_type": "clip", "new": 1}"""u8.ToArray();

        Assert.Equal(_hub.Snapshot, await _hub.ResolveAsync(cancellationToken: Stop));
        var folder = await _hub.ResolveAsync(change: o => o with { Refresh = true }, cancellationToken: Stop);
        Assert.EndsWith(_hub.Main, folder, StringComparison.Ordinal);
        Assert.Contains("new", await File.ReadAllTextAsync(Path.Combine(folder, "config.json"), Stop), StringComparison.Ordinal);
        Assert.Equal(1, _hub.Store.Count("GET", "signed=1")); // the weights are the same blob
        Assert.Equal(folder, await _hub.ResolveAsync(change: o => o with { Offline = true }, cancellationToken: Stop));
    }

    [Fact]
    public async Task Two_callers_at_once_download_each_file_once()
    {
        var gate = new TaskCompletionSource();
        _hub.OverrideStore = r => new Answer { Body = FakeHub.Weights, Stall = (1000, gate.Task) };
        var seen = new TaskCompletionSource();
        var progress = new Told(p =>
        {
            if (p is { Stage: HubStage.Waiting, File: "model.safetensors" }) seen.TrySetResult();
        });

        var both = new[] { _hub.ResolveAsync(progress: progress, cancellationToken: Stop), _hub.ResolveAsync(progress: progress, cancellationToken: Stop) };
        await seen.Task.WaitAsync(TimeSpan.FromSeconds(10), Stop); // one holds the lock, the other has said that it waits
        gate.SetResult();
        await Task.WhenAll(both);

        Assert.Equal(await both[0], await both[1]);
        Assert.Single(_hub.Store.Requests);
        Assert.Equal(1, _hub.Site.Count("GET", "config.json"));
    }

    [Fact]
    public async Task Progress_ends_with_every_file_done_at_its_full_size()
    {
        var told = new List<HubProgress>();
        await _hub.ResolveAsync(progress: new Told(p => { lock (told) told.Add(p); }), cancellationToken: Stop);

        var weights = told.Where(p => p.File == "model.safetensors").ToList();
        Assert.Equal([HubStage.Checking, HubStage.Downloading, HubStage.Verifying, HubStage.Done], weights.Select(p => p.Stage).Distinct());
        Assert.Equal(new HubProgress(FakeHub.Repository, "model.safetensors", HubStage.Done, 300_000, 300_000), weights[^1]);
        Assert.Equal(weights.Select(p => p.Bytes).Order(), weights.Select(p => p.Bytes));
    }

    [Fact]
    public async Task Files_and_folders_need_no_network()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_hub.OpenAIFolder, "mine")).FullName;
        var file = Path.Combine(folder, "w.safetensors");
        await File.WriteAllBytesAsync(file, [1], Stop);

        Assert.Equal(folder, await _hub.ResolveAsync(folder, cancellationToken: Stop));
        Assert.Equal(file, await _hub.ResolveAsync(file, cancellationToken: Stop));
        Assert.Empty(_hub.Site.Requests);
    }

    [Fact]
    public async Task Nothing_means_the_embedded_model_and_its_absence_is_told()
    {
        var e = await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync("", cancellationToken: Stop));
        Assert.Contains("NClip.Mini", e.Message, StringComparison.Ordinal);

        var folder = Directory.CreateDirectory(Path.Combine(_hub.Options.ApplicationFolder, "nclip-mini")).FullName;
        using var hub = _hub.Open();
        Assert.Equal(folder, await hub.ResolveAsync(null, cancellationToken: Stop));
        Assert.Equal(folder, await hub.ResolveAsync("nclip-mini", cancellationToken: Stop));
    }

    [Theory]
    [InlineData("no/such/folder")]
    [InlineData("weights/missing.safetensors")]
    [InlineData("ViT-B/31.pt")]
    [InlineData("nothing")]
    [InlineData("org/na me")]
    [InlineData("org/..x")]
    [InlineData("../up")]
    [InlineData("org/name@../../x")]
    [InlineData("C:\\models\\x")]
    public async Task A_name_that_can_be_nothing_is_refused_without_a_request(string name)
    {
        var e = await Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(name, cancellationToken: Stop));
        Assert.Equal(HubError.NotFound, e.Error);
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.Empty(_hub.Site.Requests);
    }
}

/// <summary>Progress told at once, on the thread that makes it.</summary>
internal sealed class Told(Action<HubProgress> on) : IProgress<HubProgress>
{
    public void Report(HubProgress value) => on(value);
}
