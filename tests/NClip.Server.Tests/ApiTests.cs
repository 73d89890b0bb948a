using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Xunit;

namespace NClip.Server.Tests;

/// <summary>The API over a gallery of three pictures.</summary>
public sealed class ApiTests : IAsyncLifetime
{
    private Served _server = null!;

    public async ValueTask InitializeAsync() => _server = await Served.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string[] Names(JsonElement answer) => [.. answer.GetProperty("results").EnumerateArray().Select(r => Path.GetFileName(r.GetProperty("file").GetString()!))];

    private static ByteArrayContent Sample(string name) => new(File.ReadAllBytes(Served.Sample(name))) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };

    [Fact]
    public async Task Words_find_what_the_library_finds_with_the_same_scores()
    {
        var answer = await _server.GetAsync("/api/search?q=a%20cup%20of%20coffee&top=3");
        var expected = _server.Gallery.Search(_server.Clip.EncodeText("a cup of coffee"), 3)[0];
        Assert.Equal(expected.Select(m => Path.GetFileName(m.File)), Names(answer));
        foreach (var (i, r) in answer.GetProperty("results").EnumerateArray().Index()) Assert.Equal(expected[i].Score, r.GetProperty("score").GetSingle(), 1e-5f);
    }

    [Fact]
    public async Task Searches_that_come_together_get_the_answers_that_they_would_get_alone()
    {
        string[] words = [.. Enumerable.Range(0, 40).Select(i => $"/api/search?q={(i % 5 == 0 ? "cat" : $"a%20cup%20of%20coffee%20{i}")}&top={1 + (i % 3)}{(i % 7 == 0 ? "&path=c" : "")}")];
        var alone = new List<string>();
        foreach (var w in words) alone.Add(string.Join(' ', Names(await _server.GetAsync(w))));
        var together = await Task.WhenAll(words.Select(async w => string.Join(' ', Names(await _server.GetAsync(w)))));
        Assert.Equal(alone, together);
        Assert.Contains("nclip_batch_size_count{tower=\"search\"}", await _server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_picture_that_is_sent_and_one_that_is_named_find_themselves()
    {
        var sent = await Served.Json(await _server.Http.PostAsync("/api/search?top=3", Sample("coffee.png"), TestContext.Current.CancellationToken));
        Assert.Equal("coffee.png", Names(sent)[0]);
        Assert.Equal(1, sent.GetProperty("results")[0].GetProperty("score").GetSingle(), 1e-3f);
        Assert.Equal("rocket.jpg", Names(await _server.GetAsync($"/api/search?like={_server.Id("rocket.jpg")}&top=3"))[0]);
        Assert.Equal("chelsea.png", Names(await _server.GetAsync($"/api/search?unlike={_server.Id("chelsea.png")}&top=3"))[^1]);
    }

    [Fact]
    public async Task Filters_keep_what_they_ask_for()
    {
        Assert.Equal(["rocket.jpg"], Names(await _server.GetAsync("/api/search?q=x&path=*ROCKET*")));
        Assert.Empty(Names(await _server.GetAsync("/api/search?q=x&after=2020")));
        Assert.Empty(Names(await _server.GetAsync("/api/search?q=x&near=48.8,2.3,5")));
        Assert.Empty(Names(await _server.GetAsync("/api/search?q=x&size=9000x9000")));
        Assert.Empty(Names(await _server.GetAsync("/api/search?q=x&threshold=1")));
        Assert.Empty(Names(await _server.GetAsync("/api/search?q=x&caption=cat")));
    }

    [Theory]
    [InlineData("/api/search", "nothing to look for")]
    [InlineData("/api/search?q=x&top=0", "top is 0")]
    [InlineData("/api/search?q=x&threshold=2", "threshold must be")]
    [InlineData("/api/search?q=x&after=yesterday", "after must be a date")]
    [InlineData("/api/search?q=x&near=here", "near must be")]
    [InlineData("/api/search?q=x&size=big", "size must be")]
    [InlineData("/api/search?q=%22dog", "has no end")]
    [InlineData("/api/search?q=dog&top=many", "")]
    [InlineData("/api/pictures?count=5000", "count 5000")]
    [InlineData("/api/duplicates?threshold=0", "threshold must be")]
    public async Task What_makes_no_sense_is_refused_in_words(string address, string why)
    {
        var error = (await Served.Json(await _server.Http.GetAsync(new Uri(address, UriKind.Relative), TestContext.Current.CancellationToken), HttpStatusCode.BadRequest)).GetProperty("error");
        Assert.Contains(why, error.GetProperty("message").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_query_that_names_a_file_is_a_text_and_opens_nothing()
    {
        var q = Uri.EscapeDataString(Served.Sample("coffee.png"));
        var here = await _server.Http.GetAsync(new Uri($"/api/search?q={q}", UriKind.Relative), TestContext.Current.CancellationToken);
        var nowhere = await _server.Http.GetAsync(new Uri("/api/search?q=nowhere.jpg", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("there is no picture", await nowhere.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, nowhere.StatusCode);
        if (here.IsSuccessStatusCode) Assert.NotEqual(1, (await Served.Json(here)).GetProperty("results")[0].GetProperty("score").GetSingle(), 0.01f);
    }

    [Fact]
    public async Task Pictures_are_listed_with_their_facts_small_copies_and_files()
    {
        var list = await _server.GetAsync("/api/pictures?offset=1&count=1");
        Assert.Equal(3, list.GetProperty("total").GetInt32());
        var id = Assert.Single(list.GetProperty("pictures").EnumerateArray()).GetProperty("id").GetString()!;
        Assert.Equal(_server.Id("coffee.png"), id);
        var facts = await _server.GetAsync($"/api/pictures/{id}");
        Assert.Equal((600, 400, new FileInfo(Served.Sample("coffee.png")).Length), (facts.GetProperty("width").GetInt32(), facts.GetProperty("height").GetInt32(), facts.GetProperty("bytes").GetInt64()));
        Assert.Equal(await File.ReadAllBytesAsync(Served.Sample("coffee.png"), TestContext.Current.CancellationToken), await _server.Http.GetByteArrayAsync(new Uri($"/picture/{id}", UriKind.Relative), TestContext.Current.CancellationToken));
        using var thumb = await _server.Http.GetAsync(new Uri($"/thumb/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
        using var small = SkiaSharp.SKBitmap.Decode(await thumb.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal((320, 213), (small.Width, small.Height));
        Assert.Single(Directory.EnumerateFiles(_server.Cache, "*.jpg", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_small_copy_is_not_sent_again_until_its_picture_changes()
    {
        var address = new Uri($"/thumb/{_server.Id("rocket.jpg")}", UriKind.Relative);
        using var first = await _server.Http.GetAsync(address, TestContext.Current.CancellationToken);
        async Task<HttpStatusCode> Again()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
            using var answer = await _server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }
        Assert.Equal(HttpStatusCode.NotModified, await Again());
        File.SetLastWriteTimeUtc(Path.Combine(_server.Photos, "rocket.jpg"), new DateTime(2020, 1, 1));
        Assert.Equal(HttpStatusCode.OK, await Again());
    }

    [Fact]
    public async Task Vectors_are_those_of_the_library_at_length_one()
    {
        var answer = await _server.PostAsync("/api/embed", new { texts = new[] { "a cat" }, images = new[] { Convert.ToBase64String(File.ReadAllBytes(Served.Sample("chelsea.png"))) } });
        var text = _server.Clip.EncodeText("a cat").Normalized().ToArray();
        var picture = _server.Clip.EncodeImage(Served.Sample("chelsea.png")).Normalized().ToArray();
        Assert.Equal(text, answer.GetProperty("texts")[0].EnumerateArray().Select(v => v.GetSingle()), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(picture, answer.GetProperty("images")[0].EnumerateArray().Select(v => v.GetSingle()), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public async Task A_picture_of_the_gallery_is_classified_as_the_library_does()
    {
        var answer = await _server.PostAsync("/api/classify", new { id = _server.Id("coffee.png"), labels = new[] { "cat", "coffee" } });
        var expected = _server.Clip.Classify(Served.Sample("coffee.png"), "cat", "coffee");
        Assert.Equal(expected.Ranked.Select(r => r.Label), answer.GetProperty("predictions").EnumerateArray().Select(p => p.GetProperty("label").GetString()));
        Assert.Equal(expected.Best.Score, answer.GetProperty("predictions")[0].GetProperty("score").GetSingle(), 1e-4f);
    }

    [Fact]
    public async Task Duplicates_map_status_health_counts_and_description_answer()
    {
        Assert.Equal(0, (await _server.GetAsync("/api/duplicates?threshold=1")).GetProperty("total").GetInt32());
        Assert.Equal(3, (await _server.GetAsync("/api/map")).GetProperty("places").GetArrayLength());
        var status = await _server.GetAsync("/api/status");
        Assert.Equal(("tiny", 3), (status.GetProperty("model").GetString(), status.GetProperty("pictures").GetInt32()));
        Assert.Equal("ok", await _server.Http.GetStringAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken));
        var text = await _server.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("# TYPE nclip_requests_total counter", text);
        Assert.Contains("nclip_requests_total{route=\"/api/map\",status=\"200\"} 1", text);
        var paths = (await _server.GetAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject().Select(p => p.Name).ToArray();
        foreach (var p in (string[])["/api/search", "/api/pictures/{id}", "/thumb/{id}", "/picture/{id}", "/api/embed", "/api/classify", "/api/duplicates", "/api/map", "/api/status", "/v1/embeddings", "/v1/models", "/healthz"]) Assert.Contains(p, paths);
    }
}
