using NClip.Hub;
using Xunit;

namespace NClip.Tests.Hub;

/// <summary>Faults on this side: the client, the cache.</summary>
public sealed partial class BadServerTests
{
    [Fact]
    public async Task A_given_client_is_used_and_one_that_follows_redirects_is_refused()
    {
        using var good = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        var asked = 0;
        await AssertWeightsAsync(await _hub.ResolveAsync(change: o => o with { HttpClient = () => { Interlocked.Increment(ref asked); return good; } }, cancellationToken: Stop));
        Assert.Equal(_hub.Site.Requests.Count + _hub.Store.Requests.Count, asked);

        Directory.Delete(_hub.CacheFolder, recursive: true);
        using var bad = new HttpClient();
        var e = await FailsAsync(o => o with { HttpClient = () => bad });
        Assert.Contains("AllowAutoRedirect", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_is_named()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_hub.CacheFolder)!);
        await File.WriteAllTextAsync(_hub.CacheFolder, "a file where the folder should be", Stop);
        var e = await FailsAsync();
        Assert.Equal(HubError.Cache, e.Error);
        Assert.Contains("HF_HUB_CACHE", e.Message, StringComparison.Ordinal);
        File.Delete(_hub.CacheFolder);
    }
}
