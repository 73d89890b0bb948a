using System.Net;
using NClip.Hub;
using Xunit;

namespace NClip.Tests.Hub;

/// <summary>Where a server sends a request to: followed where that is right, else refused by name, and the token stays with the hub.</summary>
public sealed class RedirectTests : IDisposable
{
    private readonly FakeHub _hub = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _hub.Dispose();

    private Task<HubException> FailsAsync(Func<HubOptions, HubOptions>? change = null) => Assert.ThrowsAsync<HubException>(() => _hub.ResolveAsync(change: change, cancellationToken: Stop));

    [Theory]
    [InlineData("file:///etc/passwd", "neither http nor https")]
    [InlineData("ftp://127.0.0.1/x", "neither http nor https")]
    [InlineData("data:,x", "neither http nor https")]
    [InlineData("javascript:alert(1)", "neither http nor https")]
    [InlineData("\\\\host\\share\\x", "neither http nor https")]
    [InlineData("http://127.0.0.1:99999/x", "no address")]
    [InlineData("http://127.0.0.1:0/x", "no address")]
    [InlineData("http://127.0.0.1:-1/x", "no address")]
    [InlineData("http://", "no address")]
    [InlineData("http://a\u00e9\u00e9..b/x", "no address")]
    public async Task A_redirect_to_what_is_no_web_address_is_refused_by_name(string location, string why)
    {
        _hub.Override = r => new Answer { Status = 302, Headers = { ["Location"] = location } };
        var e = await FailsAsync();
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Contains($"redirects to '{location}'", e.Message, StringComparison.Ordinal);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.Single(_hub.Site.Requests);
        Assert.Empty(_hub.Waits);
    }

    [Fact]
    public async Task The_store_too_is_not_followed_to_a_file()
    {
        _hub.OverrideStore = r => new Answer { Status = 302, Headers = { ["Location"] = "file:///etc/passwd?signature=secret" } };
        var e = await FailsAsync();
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Contains("'file:///etc/passwd'", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
        Assert.Single(_hub.Store.Requests);
    }

    [Theory]
    [InlineData("moved/model.safetensors")]
    [InlineData("/moved/model.safetensors")]
    [InlineData("./a/../moved/model.safetensors")]
    [InlineData("//HOST/moved/model.safetensors")]
    public async Task A_redirect_relative_to_its_address_is_followed(string location)
    {
        _hub.OverrideStore = r => r.Path.StartsWith("/moved/", StringComparison.Ordinal) ? null
            : new Answer { Status = 307, Headers = { ["Location"] = location.Replace("HOST", _hub.Store.Address.Authority, StringComparison.Ordinal) } };
        var folder = await _hub.ResolveAsync(cancellationToken: Stop);
        Assert.Equal(FakeHub.Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), Stop));
        Assert.Equal("/moved/model.safetensors", _hub.Store.Requests.Last().Path);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Redirects_in_a_circle_end(bool onSite)
    {
        static Answer Same(Request r) => new() { Status = 302, Headers = { ["Location"] = r.Path } };
        if (onSite) _hub.Override = Same;
        else _hub.OverrideStore = Same;
        var e = await FailsAsync();
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Contains("more than 10 redirects", e.Message, StringComparison.Ordinal);
        Assert.Equal(onSite ? 11 : 10, (onSite ? _hub.Site : _hub.Store).Requests.Count); // to the store leads one already
    }

    [Fact]
    public async Task A_redirect_without_an_address_is_told()
    {
        _hub.Override = r => new Answer { Status = 301 };
        Assert.Contains("without saying where to", (await FailsAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("GET")]
    public async Task A_redirect_that_gives_up_the_encryption_is_refused(string method)
    {
        using var handler = new Answering(r => r.Method.Method == method || r.RequestUri!.AbsolutePath.EndsWith("config.json", StringComparison.Ordinal) is false
            ? new(HttpStatusCode.Found) { Headers = { Location = new("http://mirror.example/config.json?signature=secret") } }
            : new(HttpStatusCode.OK) { Headers = { ETag = new($"\"{FakeHub.GitSha1(_hub["config.json"])}\""), }, Content = new ByteArrayContent(_hub["config.json"]) }, FakeHub.Commit);
        using var client = new HttpClient(handler);
        var e = await FailsAsync(o => o with { Endpoint = new("https://hub.example"), HttpClient = () => client });
        Assert.Equal(HubError.Protocol, e.Error);
        Assert.Contains("unencrypted", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", e.Message, StringComparison.Ordinal);
        Assert.All(handler.Asked, a => Assert.Equal("https", a.Scheme));
    }

    [Fact]
    public async Task The_token_goes_to_no_other_host_by_any_redirect_and_back_to_the_hub_only()
    {
        // Small files and HEADs are sent to the store, and the store sends one of them back.
        _hub.Override = r => FakeHub.FileOf(r) switch
        {
            "config.json" when r.Method == "GET" => new Answer { Status = 302, Headers = { ["Location"] = $"{_hub.Store.Address}config.json" } },
            "tokenizer.json" when r.Method == "GET" && !r.Path.StartsWith("/back", StringComparison.Ordinal) => new Answer { Status = 302, Headers = { ["Location"] = $"{_hub.Store.Address}tokenizer.json" } },
            "tokenizer.json" when r.Method == "GET" => FakeHub.Send(r, _hub["tokenizer.json"]),
            _ => null,
        };
        _hub.OverrideStore = r => FakeHub.FileOf(r) == "tokenizer.json" ? new Answer { Status = 302, Headers = { ["Location"] = $"{_hub.Site.Address}back/tokenizer.json" } } : null;

        await _hub.ResolveAsync(change: o => o with { Token = "hf_secret" }, cancellationToken: Stop);
        Assert.Equal(3, _hub.Store.Requests.Count);
        Assert.All(_hub.Store.Requests, r => Assert.DoesNotContain(r.Headers, h => h.Value.Contains("hf_secret", StringComparison.Ordinal)));
        Assert.Equal("Bearer hf_secret", _hub.Site.Requests.Single(r => r.Path == "/back/tokenizer.json").Headers["Authorization"]);
    }

    /// <summary>Answers without a network, for what needs an https address.</summary>
    private sealed class Answering(Func<HttpRequestMessage, HttpResponseMessage> answer, string commit) : HttpMessageHandler
    {
        public List<Uri> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            lock (Asked) Asked.Add(request.RequestUri!);
            var response = answer(request);
            response.RequestMessage = request;
            response.Headers.TryAddWithoutValidation("X-Repo-Commit", commit);
            return Task.FromResult(response);
        }
    }
}
