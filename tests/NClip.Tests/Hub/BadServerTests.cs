using NClip.Hub;
using Xunit;

namespace NClip.Tests.Hub;

/// <summary>Servers that cut off, lie, refuse and fail: what arrives is either right or not there.</summary>
public sealed partial class BadServerTests : IDisposable
{
    private readonly FakeHub _hub = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Blob => Path.Combine(_hub.Folder, "blobs", FakeHub.Sha256(FakeHub.Weights));

    public void Dispose() => _hub.Dispose();

    private Task<HubException> FailsAsync(Func<HubOptions, HubOptions>? change = null, string name = FakeHub.Repository) =>
        Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(name, change, cancellationToken: Stop));

    private void AssertNothingVisible()
    {
        Assert.False(File.Exists(Blob));
        Assert.False(File.Exists(Path.Combine(_hub.Snapshot, "model.safetensors")));
        Assert.False(File.Exists(Path.Combine(_hub.Folder, "refs", "main")));
    }

    private static async Task AssertWeightsAsync(string folder) => Assert.Equal(FakeHub.Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), Stop));

    [Fact]
    public async Task A_cut_off_download_goes_on_where_it_stopped()
    {
        var n = 0;
        _hub.OverrideStore = r => n++ < 2 ? FakeHub.Send(r, FakeHub.Weights, cutAfter: 100_000) : null;

        await AssertWeightsAsync(await _hub.ResolveAsync(cancellationToken: Stop));
        var from = _hub.Store.Requests.Select(r => r.From).ToList();
        Assert.Equal(3, from.Count);
        Assert.Equal(0, from[0]);
        Assert.True(from[1] > 0 && from[2] > from[1], string.Join(", ", from));
        Assert.Equal(2, _hub.Waits.Count);
    }

    [Fact]
    public async Task A_server_that_always_cuts_off_is_given_up_and_the_part_is_kept_for_the_next_call()
    {
        _hub.OverrideStore = r => FakeHub.Send(r, FakeHub.Weights, cutAfter: 10_000);
        var e = await FailsAsync();
        Assert.Equal(HubError.Network, e.Error);
        Assert.Contains("5 attempts", e.Message, StringComparison.Ordinal);
        AssertNothingVisible();
        var part = new FileInfo(Blob + ".incomplete").Length;
        Assert.InRange(part, 1, 50_000);

        _hub.OverrideStore = null;
        await AssertWeightsAsync(await _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Equal(part, _hub.Store.Requests.Last().From);
    }

    [Fact]
    public async Task Cancelling_keeps_the_part_and_the_next_call_goes_on_from_it()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        _hub.OverrideStore = r => new Answer { Body = FakeHub.Weights, Stall = (200_000, Task.Delay(Timeout.Infinite, cancel.Token)) };
        var progress = new Told(p =>
        {
            if (p is { File: "model.safetensors", Stage: HubStage.Downloading, Bytes: >= 200_000 }) cancel.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _hub.ResolveAsync(progress: progress, cancellationToken: cancel.Token));
        AssertNothingVisible();
        Assert.Equal(200_000, new FileInfo(Blob + ".incomplete").Length);

        _hub.OverrideStore = null;
        await AssertWeightsAsync(await _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Equal(200_000, _hub.Store.Requests.Last().From);
    }

    [Fact]
    public async Task A_server_that_ignores_Range_is_read_from_the_beginning()
    {
        var n = 0;
        _hub.OverrideStore = r => new Answer { Body = FakeHub.Weights, CutAfter = n++ == 0 ? 100_000 : null };
        await AssertWeightsAsync(await _hub.ResolveAsync(cancellationToken: Stop));
        Assert.True(_hub.Store.Requests.Last().From > 0);
    }

    [Theory]
    [InlineData(416)]
    [InlineData(206)]
    public async Task A_server_that_cannot_go_on_is_asked_from_the_beginning(int status)
    {
        var n = 0;
        _hub.OverrideStore = r => n++ == 0 ? FakeHub.Send(r, FakeHub.Weights, cutAfter: 100_000)
            : r.From > 0 ? new Answer { Status = status, Body = new byte[8], Headers = { ["Content-Range"] = status == 416 ? "bytes */300000" : "bytes 7-14/300000" } } : null;
        await AssertWeightsAsync(await _hub.ResolveAsync(cancellationToken: Stop));
    }

    [Fact]
    public async Task A_wrong_part_of_an_earlier_attempt_is_thrown_away_and_loaded_again()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Blob)!);
        await File.WriteAllBytesAsync(Blob + ".incomplete", new byte[150_000], Stop);

        await AssertWeightsAsync(await _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Equal([150_000, 0], _hub.Store.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task A_whole_part_is_checked_and_not_loaded_again()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Blob)!);
        await File.WriteAllBytesAsync(Blob + ".incomplete", FakeHub.Weights, Stop);

        await AssertWeightsAsync(await _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Empty(_hub.Store.Requests);
    }

    [Fact]
    public async Task A_file_that_changes_between_two_attempts_is_loaded_anew()
    {
        _hub.OverrideStore = r => FakeHub.Send(r, FakeHub.Weights, cutAfter: 10_000);
        await FailsAsync(o => o with { Attempts = 1 });

        _hub.OverrideStore = null;
        _hub["model.safetensors"] = FakeHub.Numbers(9); // another etag
        var folder = await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.Equal(FakeHub.Numbers(9), await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), Stop));
        Assert.Equal(0, _hub.Store.Requests.Last().From);
    }

    [Fact]
    public async Task Other_bytes_than_the_hash_says_are_refused()
    {
        _hub.OverrideStore = r => FakeHub.Send(r, FakeHub.Numbers(7));
        var e = await FailsAsync();
        Assert.Equal(HubError.Integrity, e.Error);
        Assert.Contains(FakeHub.Sha256(FakeHub.Weights), e.Message, StringComparison.Ordinal);
        Assert.Contains(FakeHub.Sha256(FakeHub.Numbers(7)), e.Message, StringComparison.Ordinal);
        AssertNothingVisible();
    }

    [Fact]
    public async Task Other_bytes_of_a_small_file_than_its_git_hash_says_are_refused()
    {
        _hub.Override = r => r is { Method: "GET" } && FakeHub.FileOf(r) == "config.json" ? FakeHub.Send(r, """{"model_type": "evil"}"""u8.ToArray()) : null;
        var e = await FailsAsync();
        Assert.Equal(HubError.Integrity, e.Error);
        Assert.Contains("git blob sha1", e.Message, StringComparison.Ordinal);
        AssertNothingVisible();
    }

    [Theory]
    [InlineData(299_999)]
    [InlineData(300_001)]
    public async Task Another_length_than_announced_is_refused(int length)
    {
        _hub.OverrideStore = r => FakeHub.Send(r, [.. FakeHub.Weights, 1], announced: length);
        var e = await FailsAsync();
        Assert.Equal(HubError.Integrity, e.Error);
        Assert.Contains("300000", e.Message, StringComparison.Ordinal);
        AssertNothingVisible();
    }

    [Theory]
    [InlineData(401, "GatedRepo", HubError.AccessDenied, "gated")]
    [InlineData(403, null, HubError.AccessDenied, "HF_TOKEN")]
    [InlineData(401, "RepoNotFound", HubError.AccessDenied, "does not exist, or is private")]
    [InlineData(404, "RepoNotFound", HubError.NotFound, "spelling")]
    [InlineData(404, "RevisionNotFound", HubError.NotFound, "no revision 'main'")]
    [InlineData(404, null, HubError.NotFound, "none of a model's files")]
    [InlineData(418, null, HubError.Protocol, "418")]
    public async Task A_refusal_says_what_to_do_and_is_not_repeated(int status, string? code, HubError error, string part)
    {
        _hub.Override = r => new Answer { Status = status, Headers = code is null ? [] : new() { ["X-Error-Code"] = code, ["X-Error-Message"] = "as the server puts it" } };
        var e = await FailsAsync();
        Assert.Equal(error, e.Error);
        Assert.Contains(part, e.Message, StringComparison.Ordinal);
        if (code is not null) Assert.Contains("as the server puts it", e.Message, StringComparison.Ordinal);
        Assert.Empty(_hub.Waits);
    }

    [Fact]
    public async Task A_token_that_is_refused_is_named_as_the_cause_and_not_shown()
    {
        _hub.Override = r => new Answer { Status = 401 };
        var e = await FailsAsync(o => o with { Token = "hf_secret" });
        Assert.Contains("the token in HF_TOKEN is refused", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_requests_are_repeated_after_the_time_that_the_server_names()
    {
        var n = 0;
        _hub.Override = r => n++ == 0 ? new Answer { Status = 429, Headers = { ["Retry-After"] = "17" } } : null;
        await AssertWeightsAsync(await _hub.ResolveAsync(cancellationToken: Stop));
        Assert.Equal([TimeSpan.FromSeconds(17)], _hub.Waits);
    }

    [Fact]
    public async Task A_server_that_names_an_hour_is_not_waited_for()
    {
        _hub.Override = r => new Answer { Status = 429, Headers = { ["Retry-After"] = "3600" } };
        var e = await FailsAsync();
        Assert.Contains("60 minutes", e.Message, StringComparison.Ordinal);
        Assert.Empty(_hub.Waits);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task A_failing_server_is_asked_five_times_with_growing_waits(int status)
    {
        _hub.Override = r => new Answer { Status = status };
        var e = await FailsAsync();
        Assert.Equal(HubError.Network, e.Error);
        Assert.Contains($"{status}", e.Message, StringComparison.Ordinal);
        Assert.Equal(5, _hub.Site.Requests.Count);
        Assert.Equal(4, _hub.Waits.Count);
        for (var i = 0; i < 4; i++) Assert.InRange(_hub.Waits[i].TotalSeconds, 0.5 * (1 << i), 1 << i);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_asked_again()
    {
        var n = 0;
        _hub.OverrideStore = r => n++ == 0 ? new Answer { Body = FakeHub.Weights, Stall = (50_000, Task.Delay(Timeout.Infinite, Stop)) } : null;
        await AssertWeightsAsync(await _hub.ResolveAsync(change: o => o with { Timeout = TimeSpan.FromSeconds(0.5) }, cancellationToken: Stop));
        Assert.Equal(50_000, _hub.Store.Requests.Last().From);
    }

    [Fact]
    public async Task No_network_is_told_with_the_way_out_and_what_is_cached_is_used()
    {
        Uri nobody;
        using (var gone = new LocalServer(_ => new Answer())) nobody = gone.Address;
        var e = await FailsAsync(o => o with { Endpoint = nobody });
        Assert.Equal(HubError.Network, e.Error);
        Assert.Contains("cannot be reached", e.Message, StringComparison.Ordinal);

        await _hub.ResolveAsync(cancellationToken: Stop);
        Directory.Delete(Path.Combine(_hub.Folder, ".no_exist"), recursive: true); // there is something to ask
        _hub.Waits.Clear();
        await AssertWeightsAsync(await _hub.ResolveAsync(change: o => o with { Endpoint = nobody }, cancellationToken: Stop));
        Assert.Empty(_hub.Waits);
    }

    [Fact]
    public async Task Offline_uses_the_cache_and_sends_nothing()
    {
        var e = await FailsAsync(o => o with { Offline = true });
        Assert.Equal(HubError.Offline, e.Error);
        Assert.Contains("HF_HUB_OFFLINE", e.Message, StringComparison.Ordinal);
        Assert.Empty(_hub.Site.Requests);

        await _hub.ResolveAsync(cancellationToken: Stop);
        Directory.Delete(Path.Combine(_hub.Folder, ".no_exist"), recursive: true);
        var before = _hub.Site.Requests.Count;
        await AssertWeightsAsync(await _hub.ResolveAsync(change: o => o with { Offline = true }, cancellationToken: Stop));
        Assert.Equal(before, _hub.Site.Requests.Count);
    }

    [Theory]
    [InlineData("X-Repo-Commit", "../../../../evil")]
    [InlineData("X-Linked-Etag", "\"../../evil\"")]
    [InlineData("X-Linked-Etag", "\"\"")]
    public async Task Names_of_files_that_the_server_makes_up_are_refused(string header, string value)
    {
        _hub.Override = r =>
        {
            var a = _hub.OnSite(r);
            if (header == "X-Repo-Commit" || FakeHub.IsLarge(FakeHub.FileOf(r))) a.Headers[header] = value;
            return a;
        };
        Assert.Equal(HubError.Protocol, (await FailsAsync()).Error);
        Assert.Empty(_hub.Store.Requests);
    }
}
