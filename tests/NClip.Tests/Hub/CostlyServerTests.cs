using System.Diagnostics;
using System.Globalization;
using System.Text;
using NClip.Architectures;
using NClip.Hub;
using Xunit;

namespace NClip.Tests.Hub;

/// <summary>Servers that cost time, disk or a screen: every one of them is left, soon and in few words.</summary>
public sealed class CostlyServerTests : IDisposable
{
    private readonly FakeHub _hub = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _hub.Dispose();

    private Task<HubException> FailsAsync(Func<HubOptions, HubOptions>? change = null) => Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(change: change, cancellationToken: Stop));

    private void AssertNothingLeft() => Assert.Empty(Directory.Exists(_hub.Folder) ? Directory.EnumerateFiles(_hub.Folder, "*.incomplete", SearchOption.AllDirectories) : []);

    private static bool Is(Request r, string file) => FakeHub.FileOf(r) == file;

    [Fact]
    public async Task A_small_file_that_never_ends_is_left_at_the_most_that_one_has()
    {
        _hub.Override = r => Is(r, "config.json") ? new Answer { Body = new byte[1 << 20], Endless = true, NoLength = true, Headers = Named("config.json") } : null;
        var e = await FailsAsync();
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Contains("goes on; a file of this kind has 134.2 MB at most", e.Message, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("config.json", "2000000000000", "2000000 MB")]
    [InlineData("model.safetensors", "9000000000000", "9000000 MB")]
    public async Task A_file_that_is_announced_larger_than_its_kind_is_not_begun(string file, string size, string found)
    {
        _hub.Override = r => Is(r, file) ? new Answer { Headers = new(Named(file)) { ["X-Linked-Size"] = size } } : null;
        var e = await FailsAsync();
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Contains($"announces {found}", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_hub.Site.Requests, r => r.Method == "GET" && Is(r, file));
        AssertNothingLeft();
    }

    [Fact]
    public async Task Without_length_and_hash_nobody_can_tell_whether_a_file_is_whole()
    {
        _hub.Override = r => Is(r, "config.json") ? new Answer { Body = _hub["config.json"], NoLength = true, Headers = { ["ETag"] = "\"no-hash\"", ["X-Repo-Commit"] = FakeHub.Commit } } : null;
        var e = await FailsAsync();
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Contains("neither its length nor its hash", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_a_length_is_taken_when_its_hash_is_right()
    {
        _hub.Override = r => Is(r, "config.json") ? new Answer { Body = _hub["config.json"], NoLength = true, Headers = Named("config.json") } : null;
        Assert.Equal(_hub["config.json"], await File.ReadAllBytesAsync(Path.Combine(await _hub.ResolveAsync(cancellationToken: Stop), "config.json"), Stop));
    }

    [Fact]
    public async Task A_byte_now_and_then_is_not_waited_for()
    {
        _hub.OverrideStore = r => new Answer { Body = FakeHub.Weights, Drip = TimeSpan.FromMilliseconds(20) };
        var time = Stopwatch.StartNew();
        var e = await FailsAsync(o => o with { Timeout = TimeSpan.FromSeconds(1.5), Attempts = 2 });
        Assert.InRange(time.Elapsed.TotalSeconds, 2.5, 20);
        Assert.Equal(HubError.Network, e.Error);
        Assert.Matches(@"\d+ bytes a second arrive, at \d+ of 300000 bytes; 1000 are the least \(HubOptions.MinimumBytesPerSecond\)\. Given up after 2 attempts", e.Message);
    }

    [Fact]
    public async Task Slow_is_fast_enough_for_who_says_so()
    {
        _hub.Override = r => r.Method == "GET" && Is(r, "config.json") ? new Answer { Body = _hub["config.json"], Drip = TimeSpan.FromMilliseconds(30) } : null;
        await _hub.ResolveAsync(change: o => o with { Timeout = TimeSpan.FromSeconds(0.3), MinimumBytesPerSecond = 0, Attempts = 1 }, cancellationToken: Stop);
    }

    [Fact]
    public async Task A_server_that_always_brings_a_megabyte_and_then_denies_it_is_given_up()
    {
        var large = new byte[3 << 20];
        new Random(5).NextBytes(large);
        _hub["model.safetensors"] = large;
        _hub.OverrideStore = r => r.From == 0 ? FakeHub.Send(r, large, cutAfter: 2 << 20) : new Answer { Status = 416 };
        var e = await FailsAsync();
        Assert.Contains("Given up after 5 attempts", e.Message, StringComparison.Ordinal);
        Assert.InRange(_hub.Store.Requests.Count, 5, 8);
    }

    public static TheoryData<string> Places => ["X-Error-Message", "X-Repo-Commit", "ETag", "Location", "Reason"];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task What_a_server_says_at_length_is_cut_and_changes_no_terminal(string place)
    {
        var text = "\e[31mred\e[0m\a" + string.Concat(Enumerable.Repeat("all work and no play ", 1000));
        _hub.Override = r => place switch
        {
            "X-Error-Message" => new Answer { Status = 403, Headers = { [place] = text } },
            "Location" => new Answer { Status = 302, Headers = { [place] = "ftp://" + text } },
            "Reason" => new Answer { Status = 418, Reason = text },
            "ETag" => new Answer { Headers = { [place] = text, ["X-Repo-Commit"] = FakeHub.Commit } },
            _ => new Answer { Headers = { [place] = text } },
        };
        var e = await FailsAsync(o => o with { Attempts = 1 });
        Assert.True(e.Message.Length < 700, $"{e.Message.Length} characters");
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\e[1mb\r\n\0c", "a\\u001B[1mb\\u000D\\u000A\\u0000c")]
    [InlineData("\u202Ejpg.exe\u2028", "\\u202Ejpg.exe\\u2028")]
    [InlineData("猫 é 🚀", "猫 é 🚀")]
    [InlineData(null, "")]
    public void Signs_that_show_nothing_are_written_out(string? said, string shown) => Assert.Equal(shown, ServerText.Shown(said));

    [Fact]
    public void Half_a_surrogate_pair_is_shown_as_what_it_is() => Assert.Equal("half \ufffd", ServerText.Shown("half " + "🚀"[0])); // (as a theory's data it would arrive changed)

    [Fact]
    public void An_address_is_shown_without_its_secrets() =>
        Assert.Equal("https://host:8443/a%20b", ServerText.Shown(new Uri("https://user:password@host:8443/a b?signature=secret#part")));

    [Theory]
    [InlineData("""{"\ud800": 1, "model_type": "clip"}""")]
    [InlineData("""{"model_type": "\udfff"}""")]
    public async Task Half_a_surrogate_pair_in_a_config_stops_no_list(string config)
    {
        _hub["config.json"] = Encoding.UTF8.GetBytes(config);
        await _hub.ResolveAsync(cancellationToken: Stop);
        using var hub = _hub.Open();
        Assert.True(hub.ListCached(ModelFamily.Types).Count <= 1);
    }

    [Theory]
    [InlineData("""{"weight_map": {"\ud800": "\udfff"}}""")]
    [InlineData("""{"\ud800": 1}""")]
    [InlineData("""{"weight_map": "\ud800"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task An_index_that_is_none_is_refused_by_name_and_stops_no_list(string index)
    {
        _hub.Remove("model.safetensors");
        _hub["model.safetensors.index.json"] = Encoding.UTF8.GetBytes(index);
        var e = await FailsAsync();
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Contains("not an index of shards", e.Message, StringComparison.Ordinal);
        using var hub = _hub.Open();
        Assert.False(Assert.Single(hub.ListCached(ModelFamily.Types)).IsWhole);
    }

    [Fact]
    public async Task An_index_of_a_million_shards_is_refused_before_the_first_is_asked_for()
    {
        _hub.Remove("model.safetensors");
        var entries = Enumerable.Range(0, 1_000_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"{i}\":\"{i}\""));
        _hub["model.safetensors.index.json"] = Encoding.UTF8.GetBytes($$$"""{"weight_map": { {{{string.Join(',', entries)}}} }}""");
        var e = await FailsAsync();
        Assert.Contains("names 1000000 shards; 1000 at most", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, _hub.Site.Count("HEAD", "/0"));
    }

    [Fact]
    public async Task A_token_that_no_header_can_carry_is_named_and_not_shown()
    {
        var e = await FailsAsync(o => o with { Token = "hf_secret\u0001é" });
        Assert.Equal(HubError.AccessDenied, e.Error);
        Assert.Contains("HF_TOKEN", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", e.ToString(), StringComparison.Ordinal);
    }

    private Dictionary<string, string> Named(string file) => new() { ["X-Repo-Commit"] = FakeHub.Commit, ["ETag"] = $"\"{(FakeHub.IsLarge(file) ? FakeHub.Sha256(_hub[file]) : FakeHub.GitSha1(_hub[file]))}\"" };
}
