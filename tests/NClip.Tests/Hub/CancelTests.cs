using System.Diagnostics;
using NClip.Hub;
using NClip.Hub.Caches;
using Xunit;

namespace NClip.Tests.Hub;

/// <summary>Whoever cancels is let go at once, wherever the download stands, and sees that he has cancelled and nothing else.</summary>
public sealed class CancelTests : IDisposable
{
    private readonly FakeHub _hub = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _hub.Dispose();

    [Theory]
    [InlineData("asked")]
    [InlineData("no answer for the file")]
    [InlineData("silent")]
    [InlineData("dripping")]
    [InlineData("locked")]
    [InlineData("retrying")]
    [InlineData("verifying")]
    [InlineData("failing")]
    public async Task Cancelling_takes_less_than_a_second(string where)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var there = new TaskCompletionSource();
        var never = Task.Delay(Timeout.Infinite, Stop);
        Answer Reached(Answer a)
        {
            there.TrySetResult();
            return a;
        }
        if (where == "asked") _hub.Override = r => Reached(new() { Silence = never });
        if (where == "no answer for the file") _hub.OverrideStore = r => Reached(new() { Silence = never });
        if (where == "silent") _hub.OverrideStore = r => Reached(new() { Body = FakeHub.Weights, Stall = (1000, never) });
        if (where == "dripping") _hub.OverrideStore = r => Reached(new() { Body = FakeHub.Weights, Drip = TimeSpan.FromMilliseconds(10) });
        if (where == "retrying") _hub.OverrideStore = r => new() { Status = 503, Headers = { ["Retry-After"] = "200" } };
        if (where == "failing") _hub.OverrideStore = r => FakeHub.Send(r, FakeHub.Numbers(7));
        var stage = where switch { "locked" => HubStage.Waiting, "retrying" => HubStage.Retrying, "verifying" or "failing" => HubStage.Verifying, _ => (HubStage?)null };
        var progress = new Told(p =>
        {
            if (p.File != "model.safetensors" || p.Stage != stage) return;
            if (stage == HubStage.Verifying) cancel.Cancel(); // before the next line is run
            there.TrySetResult();
        });
        using var held = where == "locked" ? await FileLock.AcquireAsync(Path.Combine(_hub.CacheFolder, ".locks", "models--org--tiny-clip", FakeHub.Sha256(FakeHub.Weights) + ".lock"), () => { }, Stop) : null;

        var call = _hub.ResolveAsync(change: o => o with { Delay = Task.Delay }, progress: progress, cancellationToken: cancel.Token);
        await there.Task.WaitAsync(TimeSpan.FromSeconds(20), Stop);
        var time = Stopwatch.StartNew();
        await cancel.CancelAsync();
        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(1), $"{time.Elapsed.TotalSeconds} s");
        Assert.True(e.CancellationToken.IsCancellationRequested);
        Assert.False(File.Exists(Path.Combine(_hub.Folder, "refs", "main")));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_before_it_begins_asks_nothing()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _hub.ResolveAsync(cancellationToken: new CancellationToken(canceled: true)));
        Assert.Empty(_hub.Site.Requests);
    }
}
