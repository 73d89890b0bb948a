using System.Diagnostics;
using System.Globalization;
using NClip.Hub;
using NClip.Images;
using NClip.Tests;
using NClip.Tests.Hub;
using Xunit;

namespace NClip.Data.Tests;

public class RemoteShardTests
{
    private static readonly HubOptions _quick = new() { Delay = (_, _) => Task.CompletedTask, Timeout = TimeSpan.FromSeconds(5), Attempts = 3 };

    private static byte[] Shard()
    {
        using var folder = new TemporaryFolder();
        return File.ReadAllBytes(folder.Shard("a.tar", 0, 300));
    }

    private static Answer Part(byte[] tar, long from, int? cut = null) => new()
    {
        Status = from > 0 ? 206 : 200,
        Body = tar[(int)from..],
        CutAfter = cut,
        Headers = from > 0 ? new() { ["Content-Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{tar.Length - 1}/{tar.Length}") } : [],
    };

    [Fact]
    public void A_broken_connection_is_taken_up_where_it_ended()
    {
        var tar = Shard();
        using var server = new LocalServer(r => Part(tar, r.From, (int)Math.Min(200_001, tar.Length - r.From)));
        var source = DataSource.Open($"{server.Address}train-{{000..001}}.tar", new SourceOptions(Hub: _quick));
        Assert.Equal(2, source.PartCount);
        Assert.Equal("train-001.tar", source.PartName(1));
        Assert.Equal(Enumerable.Range(0, 300).Select(n => $"picture {n}"), source.Read(1, 0, default).Select(s => s.Captions.Single()));
        Assert.True(server.Requests.Count(r => r.From > 0) >= 3);
    }

    [Fact]
    public void A_server_without_ranges_is_read_again_up_to_the_place()
    {
        var tar = Shard();
        var calls = 0;
        using var server = new LocalServer(_ => new Answer { Body = tar, CutAfter = ++calls < 3 ? 300_000 : tar.Length });
        var samples = DataSource.Open($"{server.Address}a.tar", new SourceOptions(Hub: _quick)).ReadAll().ToArray();
        Assert.Equal(300, samples.Length);
        Assert.All(samples, s => Assert.Null(s.Fault));
    }

    [Fact]
    public void A_server_that_stays_away_costs_the_rest_of_the_shard_and_no_more()
    {
        var tar = Shard();
        using var server = new LocalServer(r => r.From == 0 ? Part(tar, 0, 300_000) : new Answer { Status = 503 });
        var samples = DataSource.Open($"{server.Address}a.tar", new SourceOptions(Hub: _quick)).ReadAll().ToArray();
        Assert.InRange(samples.Count(s => s.Fault is null), 100, 200);
        Assert.Contains("Given up after 3 attempts", samples[^1].Fault);
    }

    [Fact]
    public void A_file_that_changes_while_it_is_read_is_not_mixed_with_the_new_one()
    {
        var tar = Shard();
        using var server = new LocalServer(r => new Answer
        {
            Status = Part(tar, r.From).Status,
            Body = Part(tar, r.From).Body,
            CutAfter = (int)Math.Min(200_000, tar.Length - r.From),
            Headers = new(Part(tar, r.From).Headers) { ["ETag"] = r.From == 0 ? "\"a\"" : "\"b\"" },
        });
        Assert.Contains("changed on the server", DataSource.Open($"{server.Address}a.tar", new SourceOptions(Hub: _quick)).ReadAll().Last().Fault);
    }

    [Fact]
    public void A_shard_that_the_server_does_not_have_is_named_before_anything_begins()
    {
        using var server = new LocalServer(r => r.Path.Contains("001", StringComparison.Ordinal) ? new Answer { Status = 404 } : new Answer { Body = [1] });
        var e = Assert.Throws<HubException>(() => DataSource.Open($"{server.Address}train-{{000..002}}.tar", new SourceOptions(Hub: _quick)));
        Assert.Contains("train-001.tar", e.Message);
    }

    [Fact]
    public async Task An_early_end_does_not_wait_for_a_silent_server()
    {
        var tar = Shard();
        using var server = new LocalServer(r => new Answer { Body = tar, Stall = (200_000, Task.Delay(Timeout.Infinite)) });
        var source = DataSource.Open($"{server.Address}a.tar", new SourceOptions(Hub: _quick with { Timeout = TimeSpan.FromMinutes(5) }));
        var loader = new BatchLoader(new SampleOrder(source, new OrderOptions(Window: 10)), new Evaluation(new ImagePipeline(TestData.Spec)), new BatchOptions(20));
        var watch = Stopwatch.StartNew();
        await foreach (var batch in loader.ReadAsync())
        {
            batch.Dispose();
            break;
        }
        using var stop = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var batch in loader.ReadAsync(null, stop.Token)) batch.Dispose();
        });
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"it took {watch.Elapsed}");
    }

    [Fact]
    public void The_hubs_token_is_sent_to_the_hub_alone()
    {
        var tar = Shard();
        using var hub = new LocalServer(r => Part(tar, r.From));
        using var other = new LocalServer(r => Part(tar, r.From));
        var options = new SourceOptions(Hub: _quick with { Endpoint = hub.Address, Token = "secret" });
        Assert.Equal(600, DataSource.Open($"{hub.Address}a.tar::{other.Address}a.tar", options).ReadAll().Count());
        Assert.All(hub.Requests, r => Assert.Equal("Bearer secret", r.Headers["Authorization"]));
        Assert.All(other.Requests, r => Assert.False(r.Headers.ContainsKey("Authorization")));
    }
}
