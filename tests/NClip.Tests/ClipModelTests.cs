using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests;

/// <summary>What the front door says of the model itself: weights, fingerprint, proof, speed, copies.</summary>
public sealed class ClipModelTests
{
    private const string Tiny = "model_tiny/a3_openai_vit_real_vocab";

    private static readonly string _weights = Reference.Path($"{Tiny}/model_f16.safetensors");

    [Fact]
    public void Weights_are_named_counted_and_read_as_the_file_has_them()
    {
        using var clip = Clip.Open(_weights);
        var weights = clip.Weights;
        Assert.Equal((_weights, "OpenAI"), (weights.File, weights.Naming));
        Assert.Equal(weights.Tensors.Where(t => t.Key.StartsWith("visual.", StringComparison.Ordinal)).Sum(t => t.Value.Sum(p => p.Count)), weights.ImageParameters);
        Assert.True(weights.TextParameters > 0);
        Assert.Equal(clip.LogitScale, MathF.Exp(weights.Tensors["logit_scale"][0].ToFloat32()[0]));
    }

    [Fact]
    public void Bytes_are_counted_as_the_file_stores_them_rows_of_integers_too()
    {
        using var clip = Clip.Open(Path.Combine(Reference.Root, "models", "nclip-mini"));
        var weights = clip.Weights;
        var header = BitConverter.ToInt64(File.ReadAllBytes(weights.File).AsSpan(0, 8));
        Assert.Equal(new FileInfo(weights.File).Length - 8 - header, weights.StoredBytes.Values.Sum());
        Assert.True(weights.StoredBytes[TensorType.Int8] > weights.StoredBytes[TensorType.UInt8]);
        Assert.All(weights.Tensors.Values, parts => Assert.All(parts, p => Assert.Equal(TensorType.Float32, p.Type)));
    }

    [Fact]
    public void A_fingerprint_is_of_the_values_and_not_of_their_file()
    {
        using var folder = new TemporaryFolder();
        using var clip = Clip.Open(_weights);
        clip.ExportHuggingFace(folder["hf"], TestContext.Current.CancellationToken);
        using var again = Clip.Open(folder["hf"]);
        Assert.NotEqual(clip.Weights.Naming, again.Weights.Naming);
        Assert.Equal(clip.Fingerprint(TestContext.Current.CancellationToken), again.Fingerprint(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_model_is_verified_against_its_reference_within_a_tolerance()
    {
        using var clip = Clip.Open(_weights);
        var expected = Reference.Path($"{Tiny}/expected.safetensors");
        Assert.True(clip.Verify(expected, cancellationToken: TestContext.Current.CancellationToken).Passed);
        Assert.False(clip.Verify(expected, tolerance: 0, TestContext.Current.CancellationToken).Passed);
        Assert.Throws<ClipException>(() => clip.VerifyPublished("models/mine", [], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Verification_and_measurement_stop_when_they_are_told()
    {
        using var clip = Clip.Open(_weights);
        var stopped = new CancellationToken(canceled: true);
        Assert.ThrowsAny<OperationCanceledException>(() => clip.Verify(Reference.Path($"{Tiny}/expected.safetensors"), cancellationToken: stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => clip.MeasureSpeed(1, TimeSpan.Zero, stopped));
        Assert.ThrowsAny<OperationCanceledException>(() => clip.Fingerprint(stopped));
    }

    [Fact]
    public void Speed_is_measured_for_both_towers()
    {
        using var clip = Clip.Open(_weights);
        var speed = clip.MeasureSpeed(2, TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.True(speed is { Images: > 0, Texts: > 0, ImageGflops: > 0 });
    }

    [Fact]
    public void A_tokenizer_is_opened_without_weights()
    {
        using var folder = new TemporaryFolder();
        folder.Copy($"{Tiny}/open_clip_config.json", "open_clip_config.json");
        Assert.Equal([320, 2368], Clip.OpenTokenizer(folder.Path).Tokenizer.Encode("a cat"));
    }
}
