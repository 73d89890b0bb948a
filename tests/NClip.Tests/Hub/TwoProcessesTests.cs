using System.Diagnostics;
using System.Text;
using NClip.Tests.Cli;
using Xunit;

namespace NClip.Tests.Hub;

/// <summary>Downloads of the same model by two programs at the same time.</summary>
public sealed class TwoProcessesTests : IDisposable
{
    private static readonly string[] _shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

    private readonly FakeHub _hub = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _hub.Dispose();

    [Fact]
    public async Task Two_processes_at_once_download_each_file_once()
    {
        _hub.Remove("model.safetensors");
        _hub["model.safetensors.index.json"] = Encoding.UTF8.GetBytes($$$"""{"weight_map": {"a": "{{{_shards[0]}}}", "b": "{{{_shards[1]}}}"}}""");
        foreach (var (i, shard) in _shards.Index()) _hub[shard] = FakeHub.Numbers(i);
        var gate = new TaskCompletionSource();
        _hub.OverrideStore = r => new Answer { Body = _hub[FakeHub.FileOf(r).Split('?')[0]], Stall = (1000, gate.Task) };

        using var one = Pull();
        using var other = Pull();
        try
        {
            var said = (Read(one), Read(other));
            var ended = Task.WhenAny(said.Item1, said.Item2);
            // Both have asked for the first shard; one receives it, slowly, and the other has a second to begin doing the same.
            var patience = Stopwatch.StartNew();
            while (_hub.Site.Count("HEAD", _shards[0]) < 2 || _hub.Store.Requests.IsEmpty)
            {
                if (ended.IsCompleted) Assert.Fail($"a process has ended before the file was there: {await await ended}");
                Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), "after a minute the two have not both asked for the first shard");
                await Task.Delay(20, Stop);
            }
            await Task.Delay(1000, Stop);
            Assert.Single(_hub.Store.Requests);
            Assert.False(ended.IsCompleted, "a process has ended before the file was there");
            gate.SetResult();

            Assert.Equal((0, _hub.Snapshot, ""), await said.Item1);
            Assert.Equal((0, _hub.Snapshot, ""), await said.Item2);
        }
        finally
        {
            foreach (var p in (Process[])[one, other])
                if (!p.HasExited) p.Kill();
        }

        foreach (var (i, shard) in _shards.Index())
        {
            Assert.Equal(FakeHub.Numbers(i), await File.ReadAllBytesAsync(Path.Combine(_hub.Snapshot, shard), Stop));
            Assert.Equal(1, _hub.Store.Count("GET", shard + "?signed=1"));
        }
        foreach (var small in (string[])["config.json", "tokenizer.json", "model.safetensors.index.json"]) Assert.Equal(1, _hub.Site.Count("GET", "/" + small));
        Assert.Empty(Directory.EnumerateFiles(_hub.Folder, "*.incomplete", SearchOption.AllDirectories));
    }

    private Process Pull()
    {
        var start = Call.Process("model", "pull", FakeHub.Repository);
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("HF_", StringComparison.Ordinal) || k is "HUGGING_FACE_HUB_TOKEN" or "TRANSFORMERS_OFFLINE").ToList()) start.Environment.Remove(name);
        start.Environment["HF_ENDPOINT"] = _hub.Site.Address.ToString();
        start.Environment["HF_HUB_CACHE"] = _hub.CacheFolder;
        start.Environment["HF_TOKEN_PATH"] = Path.Combine(_hub.CacheFolder, "none");
        start.Environment["NO_PROXY"] = "127.0.0.1";
        return Process.Start(start)!;
    }

    private static async Task<(int Code, string Output, string Error)> Read(Process p)
    {
        var error = p.StandardError.ReadToEndAsync(Stop);
        var output = (await p.StandardOutput.ReadToEndAsync(Stop)).TrimEnd();
        await p.WaitForExitAsync(Stop);
        return (p.ExitCode, output, await error);
    }
}
