using NClip.Images;
using NClip.Tests;
using Xunit;

namespace NClip.Evaluation.Tests;

/// <summary>The corruptions with the reference's random numbers against reference/corruptions: within one of 255.</summary>
public sealed class CorruptionTests : IDisposable
{
    private const int Side = 64;

    private readonly Golden _in = new("corruptions/inputs.safetensors"), _out = new("corruptions/expected.safetensors"), _exact = new("corruptions/exact.safetensors");

    public void Dispose()
    {
        _in.Dispose();
        _out.Dispose();
        _exact.Dispose();
    }

    public static TheoryData<string, int> Cases => [.. from c in Enum.GetValues<Corruption>() from s in Enumerable.Range(1, 5) select (Corruptions.Name(c), s)];

    [Theory, MemberData(nameof(Cases))]
    public void Is_the_reference_s(string name, int severity)
    {
        var found = Apply(name, severity);
        var (want, got) = (_out.Bytes($"{name}.{severity}.u8"), found.ToBytes());
        var worst = want.Zip(got, (w, g) => Math.Abs(w - g)).Max();
        Assert.True(worst <= 1, $"off by {worst}; {want.Zip(got, (w, g) => Math.Abs(w - g) > 1).Count(b => b)} of {want.Length} values by more than one");
        if (severity == 3 && name is "gaussian_blur" or "glass_blur" or "defocus_blur" or "zoom_blur" or "snow" or "fog" or "brightness" or "saturate" or "elastic_transform" && severity == 3)
            _exact.AssertNear($"{name}.3.f32", found.Values.Select(v => Math.Clamp(v, 0, 1) * 255), name == "snow" ? 1.01 : 2e-3);
    }

    [Fact]
    public void Intermediates_are_the_reference_s()
    {
        _exact.AssertNear("defocus_blur.3.kernel_f64", Filters.Disk(6, .5).Cast<double>(), 1e-12);
        _exact.AssertNear("zoom_blur.3.factors_f64", CorruptionRules.ZoomFactors(3), 1e-15);
        var draws = new Queue<double>(_in.Doubles("plasma_uniform"));
        _exact.AssertNear("fog.3.plasma_f64", Plasma.Draw(Side, 1.7, draws.Dequeue).Cast<double>(), 1e-12);
        Assert.Empty(draws);
    }

    [Fact]
    public void Numbers_of_its_own_are_the_seed_s_and_the_picture_s()
    {
        var picture = new RgbImage(Side, Side, _in.Bytes("picture"));
        foreach (var corruption in Enum.GetValues<Corruption>())
        {
            byte[] Of(ulong seed, string key) => Corruptions.Apply(picture, corruption, 3, seed, key).Pixels.ToArray();
            Assert.Equal(Of(1, "a"), Of(1, "a"));
            Assert.NotEqual(picture.Pixels.ToArray(), Of(1, "a"));
            var random = corruption is not (Corruption.DefocusBlur or Corruption.ZoomBlur or Corruption.GaussianBlur or Corruption.Brightness or Corruption.Contrast or Corruption.Saturate or Corruption.Pixelate or Corruption.JpegCompression);
            Assert.Equal(random, !Of(1, "a").SequenceEqual(Of(1, "b")));
            Assert.Equal(random, !Of(1, "a").SequenceEqual(Of(2, "a")));
        }
        Assert.Equal(15, Corruptions.Common.Count);
    }

    [Fact]
    public void Pictures_that_are_no_square_are_corrupted_too()
    {
        var picture = RgbImage.Load(Path.Combine(Reference.Root, "samples", "chelsea.png"));
        foreach (var corruption in (Corruption[])[Corruption.Fog, Corruption.Frost, Corruption.ElasticTransform, Corruption.ZoomBlur, Corruption.GlassBlur])
            Assert.Equal((picture.Width, picture.Height), Corruptions.Apply(picture, corruption, 4) is var r ? (r.Width, r.Height) : default);
    }

    [Fact]
    public void Poisson_and_normal_have_their_means_and_deviations()
    {
        var random = NClip.Data.SampleRandom.Of(1, "test");
        var counts = Enumerable.Range(0, 20_000).Select(_ => (double)Draws.Poisson(random, 7.5)).ToArray();
        var normal = Enumerable.Range(0, 20_000).Select(_ => Draws.Normal(random)).ToArray();
        Assert.Equal(7.5, counts.Average(), 0.1);
        Assert.Equal(0, normal.Average(), 0.05);
        var mean = counts.Average();
        Assert.Equal(7.5, counts.Average(x => (x - mean) * (x - mean)), 0.3);
        Assert.Equal(1, normal.Average(x => x * x), 0.05);
    }

    private Canvas Apply(string name, int s)
    {
        var x = Canvas.Of(Side, Side, 3, _in.Bytes("picture"));
        Func<int, double> Of(string numbers, int skip = 0)
        {
            var all = _in.Doubles(numbers);
            return i => all[i + skip];
        }
        switch (name)
        {
            case "gaussian_noise": return CorruptionRules.GaussianNoise(x, s, Of("normal"));
            case "speckle_noise": return CorruptionRules.SpeckleNoise(x, s, Of("normal"));
            case "shot_noise": var counts = _in.Bytes($"poisson.{s}"); return CorruptionRules.ShotNoise(x, s, i => counts[i]);
            case "impulse_noise": return CorruptionRules.ImpulseNoise(x, s, Of("uniform_flip"), Of("uniform_salt"));
            case "gaussian_blur": return CorruptionRules.GaussianBlur(x, s);
            case "defocus_blur": return CorruptionRules.DefocusBlur(x, s);
            case "glass_blur": var shifts = new Queue<int>(_in.Bytes($"glass.{s}").Select(b => (int)(sbyte)b)); return CorruptionRules.GlassBlur(x, s, shifts.Dequeue);
            case "motion_blur": return CorruptionRules.MotionBlur(x, s, _in.Doubles("motion_angles")[s - 1]);
            case "zoom_blur": return CorruptionRules.ZoomBlur(x, s);
            case "snow": return CorruptionRules.Snow(x, s, Of("snow_normal"), _in.Doubles("snow_angles")[s - 1]);
            case "frost": return CorruptionRules.Frost(x, s, Canvas.Of(Side, Side, 3, _in.Bytes("frost_crop")));
            case "fog": return CorruptionRules.Fog(x, s, new Queue<double>(_in.Doubles("plasma_uniform")).Dequeue);
            case "brightness": return CorruptionRules.Brightness(x, s);
            case "saturate": return CorruptionRules.Saturate(x, s);
            case "contrast": return CorruptionRules.Contrast(x, s);
            case "elastic_transform": return Elastic(x, s);
            case "pixelate": return CorruptionRules.Pixelate(x, s);
            default:
                Assert.Equal("jpeg_compression", name);
                Assert.Equal(_out.Bytes($"{name}.{s}.u8"), RgbImage.Decode(_out.Bytes($"jpeg.{s}.file")).Pixels.ToArray());
                return Canvas.Of(CorruptionRules.Jpeg(x.ToImage(), s));
        }
    }

    private Canvas Elastic(Canvas x, int s)
    {
        var (moves, corners) = (_in.Doubles("elastic_uniform"), _in.Doubles("elastic_affine_uniform"));
        Canvas Shift(int axis) => new Canvas(Side, Side, 1).Map((_, i) => moves[(axis * Side * Side) + i]);
        return CorruptionRules.Elastic(x, s, new[,] { { corners[0], corners[1] }, { corners[2], corners[3] }, { corners[4], corners[5] } }, (Shift(0), Shift(1)));
    }
}
