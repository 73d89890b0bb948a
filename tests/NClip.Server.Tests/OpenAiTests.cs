using System.ClientModel;
using System.Net;
using OpenAI;
using OpenAI.Embeddings;
using Xunit;

namespace NClip.Server.Tests;

/// <summary>/v1 with OpenAI's own client, and what other clients send.</summary>
public sealed class OpenAiTests : IAsyncLifetime
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private Served _server = null!;

    public async ValueTask InitializeAsync() => _server = await Served.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static OpenAIClient Client(Served server, string key = Key) => new(new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(server.Http.BaseAddress!, "/v1"), RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0) });

    [Fact]
    public async Task The_client_of_OpenAI_gets_the_vectors_of_the_library()
    {
        var client = Client(_server).GetEmbeddingClient("tiny");
        OpenAIEmbeddingCollection answer = await client.GenerateEmbeddingsAsync(["a cat", "一只猫"], cancellationToken: TestContext.Current.CancellationToken);
        var expected = _server.Clip.EncodeText("a cat", "一只猫").Normalized();
        for (var i = 0; i < 2; i++) Assert.Equal(expected.Row(i).ToArray(), answer[i].ToFloats().ToArray(), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.True(answer.Usage.InputTokenCount is > 4 and < 40, $"{answer.Usage.InputTokenCount} tokens");
        OpenAIEmbedding one = await client.GenerateEmbeddingAsync("a cat", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(answer[0].ToFloats().ToArray(), one.ToFloats().ToArray(), (a, b) => Math.Abs(a - b) < 1e-5);
        var models = await Client(_server).GetOpenAIModelClient().GetModelsAsync(TestContext.Current.CancellationToken);
        Assert.Equal("tiny", Assert.Single(models.Value).Id);
    }

    [Fact]
    public async Task The_client_of_OpenAI_reads_the_errors()
    {
        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => Client(_server).GetEmbeddingClient("text-embedding-3-small").GenerateEmbeddingAsync("a cat", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(404, unknown.Status);
        Assert.Contains("there is no model 'text-embedding-3-small' here; there is 'tiny'", unknown.Message);
        var cut = await Assert.ThrowsAsync<ClientResultException>(() => Client(_server).GetEmbeddingClient("tiny").GenerateEmbeddingAsync("a cat", new EmbeddingGenerationOptions { Dimensions = 8 }, TestContext.Current.CancellationToken));
        Assert.Equal(400, cut.Status);
        Assert.Contains("dimensions is 8", cut.Message);
    }

    [Fact]
    public async Task Texts_and_pictures_keep_their_order_and_numbers_are_floats_where_nothing_is_said()
    {
        var file = Convert.ToBase64String(await File.ReadAllBytesAsync(Served.Sample("coffee.png"), TestContext.Current.CancellationToken));
        var answer = await _server.PostAsync("/v1/embeddings", new { model = "tiny", input = new object[] { "a cat", $"data:image/png;base64,{file}", new { image = file }, new { text = "a dog" }, new { image_url = new { url = $"data:image/png;base64,{file}" } } } });
        float[][] rows = [.. answer.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()).ToArray())];
        var picture = _server.Clip.EncodeImage(Served.Sample("coffee.png")).Normalized().ToArray();
        foreach (var i in (int[])[1, 2, 4]) Assert.Equal(picture, rows[i], (a, b) => Math.Abs(a - b) < 1e-5);
        var texts = _server.Clip.EncodeText("a cat", "a dog").Normalized();
        Assert.Equal(texts.Row(0).ToArray(), rows[0], (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(texts.Row(1).ToArray(), rows[3], (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Theory]
    [InlineData("""{"input": []}""", "nothing to embed")]
    [InlineData("""{"input": [[1, 2]]}""", "token ids")]
    [InlineData("""{"input": 7}""", "token ids")]
    [InlineData("""{"input": null}""", "input must be")]
    [InlineData("""{"input": ""}""", "empty")]
    [InlineData("""{"input": [{"image": "https://example.org/a.png"}]}""", "fetches nothing")]
    [InlineData("""{"input": [{"image": "file:///etc/passwd"}]}""", "fetches nothing")]
    [InlineData("""{"input": [{"image": "!!"}]}""", "base64")]
    [InlineData("""{"input": [{"image": "AAAA"}]}""", "not a picture")]
    [InlineData("""{"input": "a", "encoding_format": "hex"}""", "encoding_format is 'hex'")]
    [InlineData("""{"input": """, "JSON")]
    public async Task What_cannot_be_embedded_is_refused_in_the_shape_of_OpenAI(string body, string why)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var error = (await Served.Json(await _server.Http.PostAsync("/v1/embeddings", content, TestContext.Current.CancellationToken), HttpStatusCode.BadRequest)).GetProperty("error");
        Assert.Contains(why, error.GetProperty("message").GetString());
        Assert.True(error.TryGetProperty("type", out _) && error.TryGetProperty("code", out _));
    }

    [Fact]
    public async Task With_a_key_nothing_answers_without_it()
    {
        await using var server = await Served.StartAsync(o => o with { ApiKey = Key });
        foreach (var path in (string[])["/api/search?q=x", "/v1/models", "/metrics", "/openapi/v1.json", "/thumb/0", "/api/status"])
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
        var wrong = await Assert.ThrowsAsync<ClientResultException>(() => Client(server, Key + "0").GetEmbeddingClient("tiny").GenerateEmbeddingAsync("a cat", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(401, wrong.Status);
        await Client(server).GetEmbeddingClient("tiny").GenerateEmbeddingAsync("a cat", cancellationToken: TestContext.Current.CancellationToken);
        using var enter = new HttpRequestMessage(HttpMethod.Post, "/api/session") { Headers = { Authorization = new("Bearer", Key) } };
        Assert.Equal(HttpStatusCode.NoContent, (await server.Http.SendAsync(enter, TestContext.Current.CancellationToken)).StatusCode); // the cookie
        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync(new Uri("/api/status", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);
    }
}
