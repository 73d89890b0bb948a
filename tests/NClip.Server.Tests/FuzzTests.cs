using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace NClip.Server.Tests;

/// <summary>Requests with something wrong in them, for every address: an answer that says so, never a fault of the server, and no memory that stays taken.</summary>
public sealed class FuzzTests : IAsyncLifetime
{
    private const long Kept = 256L << 20; // bytes that may be in use more than before: what caches and pools keep
    private Served _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await Served.StartAsync();
        while ((await _server.Http.GetAsync(new Uri("/readyz", UriKind.Relative), Stop)).StatusCode != HttpStatusCode.OK) await Task.Delay(20, Stop); // which says 503 before
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private byte[][] Valid => RawRequests.Valid(_server.Id("chelsea.png"), Png(8));

    /// <summary>A grey picture of so many pixels.</summary>
    private static byte[] Png(int side)
    {
        using var image = new SkiaSharp.SKBitmap(side, side);
        return image.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100).ToArray();
    }

    [Fact]
    public async Task Each_address_is_among_the_requests_and_answers_them()
    {
        foreach (var request in Valid)
        {
            var (statuses, text) = await RawRequests.SendAsync(_server.Port, request, Stop);
            Assert.True(statuses is [>= 200 and < 300, ..], $"{Encoding.Latin1.GetString(request)}: {text}");
        }
        var asked = Valid.Select(r => Encoding.Latin1.GetString(r).Split(' ', '?')[1]).ToArray();
        foreach (var path in (await _server.GetAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject().Select(p => p.Name))
            Assert.Contains(asked, a => a.Split('/').Zip(path.Split('/')).All(p => p.Second.StartsWith('{') || p.First == p.Second) && (a.Split('/').Length == path.Split('/').Length || path.Contains("**", StringComparison.Ordinal)));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public async Task Valid_requests_that_are_spoiled_are_answered_and_the_server_goes_on(int seed)
    {
        var (random, valid, answered, before) = (new Random(seed), Valid, 0, GC.GetTotalMemory(forceFullCollection: true));
        for (var i = 0; i < 12 * valid.Length; i++)
        {
            var request = RawRequests.Spoiled(valid[i % valid.Length], valid, random);
            var (statuses, text) = await RawRequests.SendAsync(_server.Port, request, Stop);
            if (statuses.Length > 0) answered++;
            // 501 and 505 are HTTP's own: an encoding, a version that there is not
            Assert.True(statuses.All(s => s is < 500 or 501 or 505), $"request {i} of seed {seed}\n{Convert.ToBase64String(request)}\n{Encoding.Latin1.GetString(request)}\n{text}");
            Assert.DoesNotContain("   at ", text);
        }
        Assert.True(answered > 8 * valid.Length, $"only {answered} were answered");
        Assert.Equal("ok", await _server.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative), Stop));
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(kept < Kept, $"{kept >> 20} MB are in use more than before");
    }

    [Theory]
    [InlineData("/v1/embeddings", """{"input":"\ud800"}""", "application/json", "half of a character")]
    [InlineData("/v1/embeddings", """{"input":[{"\udfff":"a","text":"\ud83d"}]}""", "application/json", "half of a character")]
    [InlineData("/api/embed", """{"texts":["\ud800"]}""", "application/json", "JSON")]
    [InlineData("/api/embed", """{"texts":["a"]}""", "application/json; charset=nonsense", "charset")]
    [InlineData("/api/embed", """{"texts":[null]}""", "application/json", "empty")]
    [InlineData("/api/classify", """{"image":"AAAA","labels":[null]}""", "application/json", "labels must be")]
    [InlineData("/api/classify", """{"image":"AAAA","id":"a","labels":["a"]}""", "application/json", "either image")]
    public async Task Bodies_that_are_odd_are_refused_in_words(string path, string body, string type, string why)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };
        var answer = await _server.Http.PostAsync(path, content, Stop);
        var text = await answer.Content.ReadAsStringAsync(Stop);
        Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType, $"{(int)answer.StatusCode} {text}");
        Assert.Contains(why, JsonDocument.Parse(text).RootElement.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_weight_that_is_no_number_any_more_is_refused_and_a_sum_of_nothing_answers()
    {
        var refused = await Served.Json(await _server.Http.GetAsync(new Uri($"/api/search?q={new string('9', 320)}%20*%20dog", UriKind.Relative), Stop), HttpStatusCode.BadRequest);
        Assert.Contains("weight", refused.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal(3, (await _server.GetAsync("/api/search?q=dog%20-%20dog")).GetProperty("results").GetArrayLength());
    }

    [Fact]
    public async Task Pictures_that_say_they_are_huge_are_refused_before_they_are_unpacked_whatever_their_format()
    {
        var before = GC.GetTotalAllocatedBytes();
        (string Name, byte[] File)[] bombs =
        [
            ("PNG", [0x89, .. "PNG\r\n\x1a\n"u8, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 8, 2, 0, 0, 0, 0, 0, 0, 0]),
            ("JPEG", [0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0xFF, 0xDC, 0xFF, 0xDC, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 1, 2, 3, 0xFF, 0xD9]),
            ("GIF", [.. "GIF89a"u8, 0xFF, 0xFF, 0xFF, 0xFF, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2C, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 2, 2, 0x44, 1, 0, 0x3B]),
            ("WebP", [.. "RIFF"u8, 30, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, .. "VP8L"u8, 0, 0, 0, 0]),
            ("BMP", [.. "BM"u8, 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 0x60, 0xEA, 0, 0, 0x60, 0xEA, 0, 0, 1, 0, 24, 0, .. new byte[24], .. new byte[16]]),
            ("PNM", [.. "P6\n60000 60000\n255\n"u8, .. new byte[64]]),
            ("TIFF", [.. "II*\0"u8, 8, 0, 0, 0, 2, 0, 0, 1, 4, 0, 1, 0, 0, 0, 0x60, 0xEA, 0, 0, 1, 1, 4, 0, 1, 0, 0, 0, 0x60, 0xEA, 0, 0, 0, 0, 0, 0]),
        ];
        foreach (var (name, file) in bombs)
        {
            using var content = new ByteArrayContent(file) { Headers = { ContentType = new("image/png") } };
            var text = await (await _server.Http.PostAsync("/api/search", content, Stop)).Content.ReadAsStringAsync(Stop);
            Assert.Contains("picture 0", JsonDocument.Parse(text).RootElement.GetProperty("error").GetProperty("message").GetString());
            await _server.PostAsync("/api/embed", new { images = new[] { Convert.ToBase64String(file) } }, HttpStatusCode.BadRequest);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {text}");
        }
        var taken = GC.GetTotalAllocatedBytes() - before;
        Assert.True(taken < 1L << 30, $"{taken >> 20} MB were taken for {bombs.Length} refusals; one of these pictures has 10,800 MB");
    }

    [Fact]
    public async Task A_body_that_is_packed_is_not_unpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            for (var i = 0; i < 64; i++) await gzip.WriteAsync(new byte[1 << 20], Stop);
        foreach (var (path, type) in ((string, string)[])[("/api/embed", "application/json"), ("/api/search", "image/png")])
        {
            using var content = new ByteArrayContent(packed.ToArray()) { Headers = { ContentType = new(type), ContentEncoding = { "gzip" } } };
            Assert.Equal(HttpStatusCode.BadRequest, (await _server.Http.PostAsync(path, content, Stop)).StatusCode);
        }
    }
}
