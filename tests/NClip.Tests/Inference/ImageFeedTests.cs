using NClip.Images;
using NClip.Inference;
using Xunit;

namespace NClip.Tests.Inference;

/// <summary>A stream of pictures in which things fail.</summary>
public sealed class ImageFeedTests
{
    private static readonly ImagePipeline _pipeline = new(new PreprocessSpec(4, 4, [0, 0, 0], [1, 1, 1], ResizeMode.Squash, Interpolation.Bilinear));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static ImageInput Grey(byte value) => new RgbImage(4, 4, Enumerable.Repeat(value, 48).ToArray());

    /// <summary>The tower: a picture's feature is its first value.</summary>
    private static float[] First(ImageBatch images) => [.. Enumerable.Range(0, images.Count).Select(i => images.Pixels.Span[i * 48])];

    private static async Task<List<EncodedImage>> Encode(Func<ImageBatch, float[]> tower, params ImageInput[] pictures)
    {
        var all = new List<EncodedImage>();
        await foreach (var e in new ImageFeed(_pipeline, tower, 4, 2).EncodeAsync(pictures, Stop)) all.Add(e);
        return all;
    }

    [Fact]
    public async Task Whatever_fails_in_a_picture_is_that_pictures_failure()
    {
        var found = await Encode(First, Grey(0), ImageInput.From(new Failing(new InvalidOperationException("no luck"))), "missing.png", Grey(51), "", ImageInput.From(new Failing(new DivideByZeroException()), "mine"), Grey(102));
        Assert.Equal([0f, null, null, 0.2f, null, null, 0.4f], found.Select(f => f.Error is null ? f.Features.Span[0] : (float?)null));
        Assert.Equal(["picture 0", "picture 1", "missing.png", "picture 3", "", "mine", "picture 6"], found.Select(f => f.File));
        Assert.StartsWith("picture 1: ", found[1].Error!.Message, StringComparison.Ordinal);
        Assert.Contains("no luck", found[1].Error!.Message, StringComparison.Ordinal);
        Assert.StartsWith("mine: ", found[5].Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_the_tower_cannot_do_is_done_picture_by_picture()
    {
        float[] Tower(ImageBatch images) => images.Count > 1 || images.Pixels.Span[0] > 0.3f ? throw new InsufficientMemoryException("no room") : First(images);
        var found = await Encode(Tower, Grey(0), "missing.png", Grey(51), Grey(102), Grey(25));
        Assert.Equal([0f, null, 0.2f, null, 25 / 255f], found.Select(f => f.Error is null ? f.Features.Span[0] : (float?)null));
        Assert.Contains("no room", found[3].Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_the_models_failure_ends_the_stream()
        => Assert.Equal("broken", (await Assert.ThrowsAsync<ClipException>(() => Encode(_ => throw new ClipException("broken"), Grey(0)))).Message);

    private sealed class Failing(Exception e) : MemoryStream
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => throw e;

        public override int Read(byte[] buffer, int offset, int count) => throw e;
    }
}
