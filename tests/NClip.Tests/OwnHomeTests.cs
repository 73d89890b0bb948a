using System.Diagnostics;
using NClip.Foundation;
using NClip.Hub;
using NClip.Inference;
using NClip.Tests.Cli;
using Xunit;

namespace NClip.Tests;

public sealed class OwnHomeTests
{
    [Fact]
    public void Every_cache_of_a_test_lies_in_a_home_of_the_tests()
    {
        var hub = HubOptions.FromEnvironment();
        Assert.All([UserFolders.Home, hub.CacheFolder, hub.OpenAIFolder, WeightCacheFile.DefaultFolder()], f => Assert.StartsWith(OwnHome.Folder, f, StringComparison.Ordinal));
        Assert.StartsWith(Path.GetTempPath().TrimEnd(Path.DirectorySeparatorChar), OwnHome.Folder, StringComparison.Ordinal);
        Assert.Null(hub.Token);
    }

    [Fact]
    public async Task A_process_that_a_test_starts_has_it_too()
    {
        var start = Call.Process("model", "pull", "RN50");
        start.Environment["HF_HUB_OFFLINE"] = "1";
        using var p = Process.Start(start)!;
        Assert.Contains(OwnHome.Folder, await p.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
