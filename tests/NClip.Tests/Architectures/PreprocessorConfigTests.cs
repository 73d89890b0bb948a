using NClip.Architectures;
using NClip.Checkpoints;
using NClip.Images;
using NClip.Images.Resize;
using Xunit;

namespace NClip.Tests.Architectures;

/// <summary>preprocessor_config.json of transformers' image processors.</summary>
public sealed class PreprocessorConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ALIGNs_pictures_are_squashed_and_their_middle_is_cut_out()
    {
        var spec = Read("i_align", """
            {"image_processor_type": "EfficientNetImageProcessor", "do_resize": true, "size": {"height": 58, "width": 61}, "resample": 2, "do_center_crop": true,
             "crop_size": {"height": 49, "width": 49}, "do_rescale": true, "rescale_factor": 0.00784313725490196, "rescale_offset": true, "do_normalize": false, "include_top": false}
            """);
        Assert.Equal((ResizeMode.Squash, Interpolation.Bilinear, (61, 58)), (spec.Resize, spec.Interpolation, spec.ResizedTo));
        Assert.Equal([0.5f, 0.5f, 0.5f], spec.Mean); // x / 127.5 - 1
        Assert.Equal([0.5f, 0.5f, 0.5f], spec.Std);
        Assert.Equal(new Fit(61, 58, 6, 4), Fit.Of(640, 480, spec));
        var noise = new RgbImage(80, 70, Enumerable.Range(0, 80 * 70 * 3).Select(i => (byte)(i * 7919 % 251)).ToArray());
        var whole = new ImagePipeline(spec with { Width = 61, Height = 58, ResizedTo = null }).ProcessToBytes(noise);
        var middle = new ImagePipeline(spec).ProcessToBytes(noise);
        for (var y = 0; y < 49; y++) Assert.Equal(whole.AsSpan((((y + 4) * 61) + 6) * 3, 49 * 3).ToArray(), middle.AsSpan(y * 49 * 3, 49 * 3).ToArray());
    }

    [Fact]
    public void A_short_side_that_is_longer_than_the_crop_is_what_pictures_are_resized_to()
    {
        var spec = Read("d1_hf_quickgelu_eos2", """{"size": {"shortest_edge": 40}, "do_center_crop": true, "crop_size": {"height": 32, "width": 32}}""");
        Assert.Equal((ResizeMode.Shortest, (40, 40)), (spec.Resize, spec.ResizedTo));
        Assert.Equal(new Fit(80, 40, 24, 4), Fit.Of(200, 100, spec));
        Assert.Null(Read("d1_hf_quickgelu_eos2", """{"size": {"shortest_edge": 32}, "do_center_crop": true, "crop_size": 32}""").ResizedTo);
    }

    [Fact]
    public void Pictures_smaller_than_what_is_cut_out_of_them_are_refused()
    {
        var e = Assert.Throws<CheckpointException>(() => Read("i_align", """{"size": {"height": 40, "width": 60}, "do_center_crop": true, "crop_size": {"height": 49, "width": 49}}"""));
        Assert.Contains("size is '60 x 40'", e.Message, StringComparison.Ordinal);
    }

    private PreprocessSpec Read(string model, string processor)
    {
        foreach (var f in new[] { "model.safetensors", "config.json" })
            if (!File.Exists(_folder[f])) _folder.Copy($"model_tiny/{model}/{f}", f);
        _folder.Write("preprocessor_config.json", processor);
        using var file = StateDict.Open(_folder["model.safetensors"]);
        return SpecReader.Read(NamingMap.Apply(file), file.Path, null).Preprocess;
    }
}
