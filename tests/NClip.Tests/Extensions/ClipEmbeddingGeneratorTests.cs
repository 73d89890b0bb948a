using Microsoft.Extensions.AI;
using NClip.Extensions;
using Xunit;

namespace NClip.Tests.Extensions;

public sealed class ClipEmbeddingGeneratorTests : IDisposable
{
    private readonly Clip _clip = Clip.Open(Reference.Path("model_tiny/a3_openai_vit_real_vocab/model_f16.safetensors"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Sample(string name) => Path.Combine(Reference.Root, "samples", name);

    private static DataContent Picture(string name, string type) => new(File.ReadAllBytes(Sample(name)), type);

    public void Dispose() => _clip.Dispose();

    [Fact]
    public async Task Texts_become_the_unit_features_of_the_front_door()
    {
        var generator = new ClipEmbeddingGenerator(_clip, "tiny");
        var found = await generator.GenerateAsync(["a cat", "two dogs"], cancellationToken: Stop);

        var expected = _clip.EncodeText("a cat", "two dogs").Normalized();
        Assert.Equal(2, found.Count);
        for (var i = 0; i < 2; i++) Assert.Equal(expected.Row(i).ToArray(), found[i].Vector.ToArray());
        Assert.Equal(1, found[0].Vector.ToArray().Sum(v => (double)v * v), 5);
        Assert.Equal("tiny", found[0].ModelId);
    }

    [Fact]
    public async Task Pictures_become_the_features_of_their_files_in_order_and_unnormalised_where_asked()
    {
        var generator = new ClipEmbeddingGenerator(_clip, normalize: false);
        var found = await generator.GenerateAsync([Picture("chelsea.png", "image/png"), Picture("rocket.jpg", "application/octet-stream")], cancellationToken: Stop);

        var expected = _clip.EncodeImage(Sample("chelsea.png"), Sample("rocket.jpg"));
        for (var i = 0; i < 2; i++) Assert.Equal(expected.Row(i).ToArray(), found[i].Vector.ToArray());
    }

    [Fact]
    public async Task More_inputs_than_one_piece_keep_their_order_and_none_gives_none()
    {
        var generator = new ClipEmbeddingGenerator(_clip);
        var texts = Enumerable.Range(0, 131).Select(i => $"number {i % 7}").ToList();
        var found = await generator.GenerateAsync(texts, cancellationToken: Stop);

        Assert.Equal(131, found.Count);
        var expected = _clip.EncodeText("number 4").Normalized().Row(0).ToArray();
        Assert.Equal(4, 130 % 7);
        Assert.Equal(1, expected.Zip(found[130].Vector.ToArray(), (a, b) => (double)a * b).Sum(), 5);
        Assert.True(expected.Zip(found[129].Vector.ToArray(), (a, b) => (double)a * b).Sum() < 0.99999);
        Assert.Empty(await generator.GenerateAsync(Array.Empty<string>(), cancellationToken: Stop));
    }

    [Fact]
    public async Task What_is_no_picture_is_refused_by_its_media_type_or_its_place()
    {
        var generator = new ClipEmbeddingGenerator(_clip);
        var text = await Assert.ThrowsAsync<ClipException>(() => generator.GenerateAsync([new DataContent("hello"u8.ToArray(), "text/plain")], cancellationToken: Stop));
        Assert.Contains("text/plain", text.Message, StringComparison.Ordinal);
        var broken = await Assert.ThrowsAnyAsync<Exception>(() => generator.GenerateAsync([Picture("chelsea.png", "image/png"), new DataContent("hello"u8.ToArray(), "image/png")], cancellationToken: Stop));
        Assert.Contains("picture 1", broken.ToString(), StringComparison.Ordinal);
        var last = await Assert.ThrowsAnyAsync<ClipException>(() => generator.GenerateAsync([.. Enumerable.Repeat(Picture("rocket.jpg", "image/jpeg"), 65), new DataContent("hello"u8.ToArray(), "image/png")], cancellationToken: Stop));
        Assert.StartsWith("picture 65: ", last.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dimensions_other_than_the_models_are_refused_and_cancellation_ends_the_call()
    {
        var generator = new ClipEmbeddingGenerator(_clip);
        var dimensions = new EmbeddingGenerationOptions { Dimensions = _clip.Spec.EmbedDim + 1 };
        Assert.Contains("dimensions", (await Assert.ThrowsAsync<ClipException>(async () => await generator.GenerateAsync(["a"], dimensions, Stop))).Message, StringComparison.Ordinal);
        Assert.Single(await generator.GenerateAsync(["a"], new EmbeddingGenerationOptions { Dimensions = _clip.Spec.EmbedDim }, Stop));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(["a"], cancellationToken: new CancellationToken(true)));
        using var during = new CancellationTokenSource();
        IEnumerable<string> Texts()
        {
            yield return "a";
            during.Cancel(); // after the piece's own check: the model hears it
        }
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(Texts(), cancellationToken: during.Token));
    }

    [Fact]
    public async Task It_tells_its_metadata_and_its_model_and_leaves_the_model_alive()
    {
        var generator = new ClipEmbeddingGenerator(_clip, "tiny");
        var metadata = Assert.IsType<EmbeddingGeneratorMetadata>(generator.GetService(typeof(EmbeddingGeneratorMetadata)));
        Assert.Equal(("NClip", "tiny", _clip.Spec.EmbedDim), (metadata.ProviderName, metadata.DefaultModelId, metadata.DefaultModelDimensions));
        Assert.Same(_clip, generator.GetService(typeof(Clip)));
        Assert.Same(generator, generator.GetService(typeof(IEmbeddingGenerator<DataContent, Embedding<float>>)));
        Assert.Null(generator.GetService(typeof(string)));
        Assert.Null(generator.GetService(typeof(Clip), "key"));

        generator.Dispose();
        Assert.Single(await generator.GenerateAsync(["still here"], cancellationToken: Stop));
    }
}
