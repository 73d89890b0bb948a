using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using NClip.Server.Guards;
using NClip.Server.Towers;
using Xunit;

namespace NClip.Server.Tests;

/// <summary>What strangers try: other names, other origins, ways out of the gallery, rubbish, too much of everything.</summary>
public sealed class SafetyTests : IAsyncLifetime
{
    private Served _server = null!;

    public async ValueTask InitializeAsync() => _server = await Served.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Sends bytes as they are, and gives all that comes back until the server closes.</summary>
    private static async Task<string> RawAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    private Task<string> GetRawAsync(string target, string headers = "Host: 127.0.0.1\r\n") => RawAsync(_server.Port, $"GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");

    [Theory]
    [InlineData("Host: evil.example\r\n", "421")]
    [InlineData("Host: 127.0.0.1.evil.example\r\n", "421")]
    [InlineData("Host: 192.168.0.7\r\n", "421")]
    [InlineData("", "400")]
    [InlineData("Host: localhost:8765\r\n", "200")]
    [InlineData("Host: [::1]\r\n", "200")]
    [InlineData("Host: 127.0.0.1\r\n", "200")]
    public async Task Only_names_of_this_machine_are_answered(string headers, string status) => Assert.StartsWith($"HTTP/1.1 {status} ", await GetRawAsync("/api/status", headers));

    [Theory]
    [InlineData("Origin", "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    public async Task A_question_with_a_body_must_come_from_the_page_itself(string header, string value, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/search") { Content = new ByteArrayContent(await File.ReadAllBytesAsync(Served.Sample("rocket.jpg"), TestContext.Current.CancellationToken)) { Headers = { ContentType = new("image/jpeg") } } };
        request.Headers.Add(header, value);
        Assert.Equal(status, (await _server.Http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task JSON_is_taken_as_JSON_only_and_no_origin_is_let_in()
    {
        using var text = new StringContent("""{"texts":["a"]}""", Encoding.UTF8, "text/plain");
        var answer = await _server.Http.PostAsync("/api/embed", text, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.DoesNotContain(answer.Headers, h => h.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        var page = await _server.Http.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self'", policy);
        Assert.DoesNotContain("unsafe", policy);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        Assert.False(page.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("/../../../../etc/passwd")]
    [InlineData("/%2e%2e/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/..%5c..%5cetc/passwd")]
    [InlineData("/picture/../../../etc/passwd")]
    [InlineData("/picture/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/picture/%2fetc%2fpasswd")]
    [InlineData("/thumb//etc/passwd")]
    [InlineData("/page/..%2f..%2fetc%2fpasswd")]
    [InlineData("/page/%00")]
    [InlineData("/api/pictures/..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/v1/models/../../etc/passwd")]
    [InlineData("/v1/models/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/%252e%252e/%252e%252e/etc/passwd")]
    [InlineData("/picture/%252e%252e%252fetc%252fpasswd")]
    [InlineData("/picture/%c0%ae%c0%ae/etc/passwd")]
    [InlineData("/picture/..%00/etc/passwd")]
    [InlineData("/picture/....//....//etc/passwd")]
    [InlineData("/thumb/..%5c..%5c..%5cetc%5cpasswd?size=320")]
    [InlineData("http://127.0.0.1/../../../etc/passwd")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/openapi/..%2f..%2fetc%2fpasswd.json")]
    public async Task No_path_leads_out(string target)
    {
        var answer = await GetRawAsync(target);
        Assert.Matches("^HTTP/1.1 40[04] ", answer);
        Assert.DoesNotContain("root:", answer);
    }

    [Fact]
    public async Task A_picture_that_leads_out_of_its_folder_is_not_sent()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a right there");
        var secret = Directory.CreateTempSubdirectory("nclip-secret-");
        try
        {
            File.Copy(Served.Sample("coffee.png"), Path.Combine(secret.FullName, "secret.png"));
            await using var server = await Served.StartAsync(add: photos =>
            {
                Directory.CreateDirectory(Path.Combine(photos, "sub"));
                File.Copy(Served.Sample("rocket.jpg"), Path.Combine(photos, "sub", "later.jpg"));
                File.CreateSymbolicLink(Path.Combine(photos, "link.png"), Path.Combine(secret.FullName, "secret.png"));
            });
            var (link, later) = (server.Id("link.png"), server.Id(Path.Combine("sub", "later.jpg")));
            async Task<HttpStatusCode> Of(string path) => (await server.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode;
            Assert.Equal(HttpStatusCode.OK, await Of($"/picture/{later}"));
            File.Delete(Path.Combine(server.Photos, "sub", "later.jpg")); // after it was indexed: the folder becomes a link out
            Directory.Delete(Path.Combine(server.Photos, "sub"));
            File.Copy(Served.Sample("coffee.png"), Path.Combine(secret.FullName, "later.jpg"));
            Directory.CreateSymbolicLink(Path.Combine(server.Photos, "sub"), secret.FullName);
            foreach (var id in (string[])[link, later])
                foreach (var path in (string[])[$"/picture/{id}", $"/thumb/{id}", $"/api/search?like={id}"]) Assert.Equal(HttpStatusCode.NotFound, await Of(path));
        }
        finally { secret.Delete(recursive: true); }
    }

    [Fact]
    public async Task A_picture_that_has_become_a_pipe_is_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no pipes with names there");
        File.Delete(Path.Combine(_server.Photos, "rocket.jpg"));
        using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(_server.Photos, "rocket.jpg")])) await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        foreach (var path in (string[])["picture", "thumb"])
            Assert.Equal(HttpStatusCode.NotFound, (await _server.Http.GetAsync(new Uri($"/{path}/{_server.Id("rocket.jpg")}", UriKind.Relative), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Rubbish_is_answered_and_changes_nothing()
    {
        var random = new Random(20261127);
        string[] paths = ["/api/search", "/api/embed", "/api/classify", "/v1/embeddings", "/", "/thumb/x", "/api/pictures?offset=-1", "/openapi/v2.json"], types = ["application/json", "image/png", "text/plain", "multipart/form-data"];
        string[] starts = ["", "{", "{\"input\":", "{\"texts\":[\"", "\x89PNG\r\n\x1a\n", "\xFF\xD8\xFF\xE0", "RIFF\0\0\0\0WEBP", "GIF89a", "II*\0", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["];
        for (var i = 0; i < 300; i++)
        {
            var body = new byte[random.Next(2000)];
            random.NextBytes(body);
            using var request = new HttpRequestMessage(random.Next(3) switch { 0 => HttpMethod.Put, 1 => HttpMethod.Get, _ => HttpMethod.Post }, paths[random.Next(paths.Length)])
            {
                Content = new ByteArrayContent([.. Encoding.Latin1.GetBytes(starts[random.Next(starts.Length)]), .. body]) { Headers = { ContentType = new MediaTypeHeaderValue(types[random.Next(types.Length)]) } },
            };
            var answer = await _server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.True((int)answer.StatusCode is < 500, $"{i}: {request.Method} {request.RequestUri} {(int)answer.StatusCode} {text}");
            Assert.DoesNotContain("   at ", text);
        }
        Assert.Equal("ok", await _server.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Bombs_and_bodies_that_are_too_large_are_refused()
    {
        // the header of a PNG with 60,000 x 60,000 pixels
        byte[] bomb = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0, 0, 0, 0, 0];
        using var content = new ByteArrayContent(bomb) { Headers = { ContentType = new("image/png") } };
        var refused = await Served.Json(await _server.Http.PostAsync("/api/search", content, TestContext.Current.CancellationToken), HttpStatusCode.BadRequest);
        Assert.Contains("picture 0", refused.GetProperty("error").GetProperty("message").GetString());
        var answer = await RawAsync(_server.Port, "POST /api/embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 40000000\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", answer);
        var many = await _server.PostAsync("/api/embed", new { texts = Enumerable.Repeat("a", 300) }, HttpStatusCode.BadRequest);
        Assert.Contains("300 texts", many.GetProperty("error").GetProperty("message").GetString());
        var deep = $$"""{"input":{{new string('[', 60)}}{{new string(']', 60)}}}""";
        using var json = new StringContent(deep, Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.Http.PostAsync("/v1/embeddings", json, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Hundreds_of_connections_that_say_nothing_do_not_keep_others_waiting()
    {
        var slow = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var client = new TcpClient();
                slow.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, _server.Port, TestContext.Current.CancellationToken);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(i % 2 == 0 ? "GET /api/status HT" : "POST /api/embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"), TestContext.Current.CancellationToken);
            }
            // half of them stand in bodies that are not complete: more than are worked on at a time
            Assert.Equal("ok", await _server.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken));
            Assert.Equal(HttpStatusCode.OK, (await _server.Http.GetAsync(new Uri("/thumb/" + _server.Id("coffee.png"), UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await _server.Http.GetAsync(new Uri("/api/search?q=a", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        }
        finally { foreach (var c in slow) c.Dispose(); }
    }

    [Fact]
    public async Task More_than_may_wait_for_a_tower_is_refused_and_what_waits_is_answered_in_batches()
    {
        using var open = new ManualResetEventSlim();
        var (sizes, entered) = (new List<int>(), new SemaphoreSlim(0));
        await using var queue = new BatchQueue<string, float>((texts, _) =>
        {
            entered.Release();
            open.Wait(TestContext.Current.CancellationToken);
            return [.. texts.Select(t => float.Parse(t, System.Globalization.CultureInfo.InvariantCulture))];
        }, most: 4, capacity: 8, window: TimeSpan.FromMilliseconds(1), sizes.Add);
        var first = queue.RunAsync("100", TestContext.Current.CancellationToken);
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        var others = Enumerable.Range(0, 8).Select(i => queue.RunAsync($"{i}", TestContext.Current.CancellationToken)).ToArray();
        Assert.Equal(503, (await Assert.ThrowsAsync<RefusedException>(() => queue.RunAsync("9", TestContext.Current.CancellationToken))).Status);
        open.Set();
        Assert.Equal(100f, await first);
        for (var i = 0; i < 8; i++) Assert.Equal((float)i, await others[i]);
        Assert.Equal([1, 4, 4], sizes);
    }

    [Fact]
    public async Task An_error_of_one_batch_is_its_own_and_the_queue_goes_on()
    {
        await using var queue = new BatchQueue<string, float>((texts, _) => texts[0] == "bad" ? throw new ClipException("bad") : new float[texts.Count], 4, 8, TimeSpan.Zero, _ => { });
        await Assert.ThrowsAsync<ClipException>(() => queue.RunAsync("bad", TestContext.Current.CancellationToken));
        Assert.Equal(0f, await queue.RunAsync("good", TestContext.Current.CancellationToken));
    }
}
