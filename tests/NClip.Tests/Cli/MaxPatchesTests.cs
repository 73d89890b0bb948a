using NClip.Checkpoints;
using Xunit;

namespace NClip.Tests.Cli;

/// <summary>Models that take patches, on the command line.</summary>
public sealed class MaxPatchesTests : IDisposable
{
    private static readonly string _model = Reference.Path("zoo/siglip2_naflex/model.safetensors");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(null, 16), InlineData("40", 40)]
    public async Task Preprocess_writes_rows_and_columns_of_patches(string? most, int expected)
    {
        File.WriteAllBytes(_folder["tall.ppm"], [.. "P6 20 60 255\n"u8, .. new byte[3 * 20 * 60]]);
        string[] call = ["preprocess", Call.Sample("rocket.jpg"), _folder["tall.ppm"], "-o", _folder["x.safetensors"], "--model", _model, .. most is null ? [] : (string[])["--max-patches", most]];
        var r = await Call.Nclip(call);
        Assert.Equal((0, "", ""), (r.Code, r.Output, r.Error));
        using var clip = Clip.Open(_model, null, new ClipOptions { MaxPatches = expected });
        var batch = clip.Preprocess(Call.Sample("rocket.jpg"));
        var size = batch.Sizes![0];
        using (var x = StateDict.Open(_folder["x.safetensors"]))
        {
            var t = x.Tensors["rocket.jpg"];
            Assert.Equal([size.Height / 8, size.Width / 8, 8, 8, 3], t.Shape);
            Assert.InRange(t.Shape[0] * t.Shape[1], expected - 6, expected);
            Assert.Equal(batch.Pixels.Span[..(int)t.Count].ToArray(), t.ToFloat32());
            Assert.NotEqual(t.Shape, x.Tensors["tall.ppm"].Shape);
        }
        Assert.Equal(0, (await Call.Nclip([.. call, "--u8"])).Code);
        using var bytes = StateDict.Open(_folder["x.safetensors"]);
        Assert.Equal([size.Height, size.Width, 3], bytes.Tensors["rocket.jpg"].Shape);
        Assert.Equal(batch.Pixels.Span[0], ((bytes.Tensors["rocket.jpg"].Bytes().Span[0] / 255f) - 0.5f) / 0.5f);
    }

    [Fact]
    public async Task Features_follow_the_number_of_patches()
    {
        async Task<float[]> Features(params string[] more)
        {
            var r = await Call.Nclip(["embed", "images", Call.Sample("rocket.jpg"), Call.Sample("coffee.png"), "-o", _folder["f.safetensors"], "--model", _model, .. more]);
            Assert.Equal((0, ""), (r.Code, r.Error));
            using var f = StateDict.Open(_folder["f.safetensors"]);
            return f.Tensors.Values.First(t => t.Shape.Length == 2).ToFloat32();
        }
        var own = await Features();
        Assert.Equal(own, await Features("--max-patches", "16"));
        Assert.NotEqual(own, await Features("--max-patches", "64"));
    }

    [Fact]
    public async Task Models_of_one_size_refuse_it()
    {
        (await Call.Nclip("embed", "images", Call.Sample("rocket.jpg"), "-o", _folder["f.npy"], "--max-patches", "9", "--model", Call.Model)).AssertRefused(2, "at most 9 patches", "one size");
        (await Call.Nclip("preprocess", Call.Sample("rocket.jpg"), "-o", _folder["x.safetensors"], "--max-patches", "9", "--pipeline", "clip")).AssertRefused(2, "one size");
        (await Call.Nclip("preprocess", Call.Sample("rocket.jpg"), "-o", _folder["x.safetensors"], "--max-patches", "0", "--model", _model)).AssertRefused(2, "--max-patches is '0'");
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public async Task Info_says_how_many_patches_of_which_side()
    {
        var p = Assert.Single((await Call.Nclip("model", "info", _model, "--json")).Json).GetProperty("preprocess");
        Assert.Equal(("patches", 8, 16), (p.GetProperty("resize").GetString(), p.GetProperty("patch").GetInt32(), p.GetProperty("max_patches").GetInt32()));
        Assert.Contains("up to 16 patches of 8 x 8, at their own aspect ratio, bilinear", (await Call.Nclip("model", "info", _model)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bench_measures_a_picture_of_the_towers_own_size()
    {
        var r = await Call.Nclip("bench", _model, "--batch", "2", "--threads", "1", "--precision", "fp32,int8", "--seconds", "0", "--json");
        Assert.Equal((0, ""), (r.Code, r.Error));
        Assert.All(r.Json.Where(j => j.TryGetProperty("batch", out _)), j => Assert.True(j.GetProperty("images_per_second").GetDouble() > 0));
    }
}
