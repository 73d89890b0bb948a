using System.Globalization;
using System.Text;
using NClip.Data;
using NClip.Images;

namespace NClip.Evaluation;

/// <summary>
/// Common corruptions at five severities, made for pictures of 224 x 224 (Hendrycks and Dietterich 2019). Random numbers come from a seed and the picture's
/// key, so that a corrupted set is the same at every run. Frost is drawn where no pictures of ice are given: the published set laid photos over.
/// </summary>
public static class Corruptions
{
    /// <summary>Severities, from 1.</summary>
    public const int Severities = 5;

    /// <summary>The fifteen that a robustness figure is the mean of.</summary>
    public static IReadOnlyList<Corruption> Common { get; } = [.. Enum.GetValues<Corruption>().Take(15)];

    /// <summary>The name that ImageNet-C has: <c>gaussian_noise</c>.</summary>
    public static string Name(Corruption corruption)
    {
        var name = new StringBuilder();
        foreach (var c in corruption.ToString())
        {
            if (char.IsUpper(c) && name.Length > 0) name.Append('_');
            name.Append(char.ToLower(c, CultureInfo.InvariantCulture));
        }
        return name.ToString();
    }

    /// <summary>Corrupts a picture.</summary>
    /// <param name="picture">The picture, of at least 32 x 32.</param>
    /// <param name="corruption">What befalls it.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="key">The picture's name: another one gives other numbers.</param>
    /// <param name="ice">Pictures of frost, larger than the picture; null: drawn.</param>
    /// <exception cref="EvaluationException">The severity is not 1..5, or a picture is too small.</exception>
    public static RgbImage Apply(RgbImage picture, Corruption corruption, int severity, ulong seed = 0, string key = "", IReadOnlyList<RgbImage>? ice = null)
    {
        ArgumentNullException.ThrowIfNull(picture);
        if (severity is < 1 or > Severities) throw new EvaluationException(FormattableString.Invariant($"the severity is {severity}; 1..{Severities} is expected."));
        if (picture.Width < 32 || picture.Height < 32) throw new EvaluationException(FormattableString.Invariant($"the picture has {picture.Width} x {picture.Height} pixels; corruptions need 32 x 32, and were made for 224 x 224."));
        if (corruption == Corruption.JpegCompression) return CorruptionRules.Jpeg(picture, severity);
        var (x, random) = (Canvas.Of(picture), SampleRandom.Of(seed, Name(corruption), key, severity));
        double Signed() => random.Between(-1, 1);
        Canvas Shifts() => new Canvas(x.Width, x.Height, 1).Map((_, _) => Signed());
        return (corruption switch
        {
            Corruption.GaussianNoise => CorruptionRules.GaussianNoise(x, severity, _ => Draws.Normal(random)),
            Corruption.ShotNoise => CorruptionRules.ShotNoise(x, severity, i => Draws.Poisson(random, x.Values[i] * CorruptionRules.ShotRate(severity))),
            Corruption.ImpulseNoise => CorruptionRules.ImpulseNoise(x, severity, _ => random.NextDouble(), _ => random.NextDouble()),
            Corruption.SpeckleNoise => CorruptionRules.SpeckleNoise(x, severity, _ => Draws.Normal(random)),
            Corruption.DefocusBlur => CorruptionRules.DefocusBlur(x, severity),
            Corruption.GlassBlur when CorruptionRules.Glass(severity).Distance is var d => CorruptionRules.GlassBlur(x, severity, () => random.Below(2 * d) - d),
            Corruption.MotionBlur => CorruptionRules.MotionBlur(x, severity, random.Between(-45, 45)),
            Corruption.ZoomBlur => CorruptionRules.ZoomBlur(x, severity),
            Corruption.GaussianBlur => CorruptionRules.GaussianBlur(x, severity),
            Corruption.Snow when random.Between(-135, -45) is var angle => CorruptionRules.Snow(x, severity, _ => Draws.Normal(random), angle),
            Corruption.Frost => CorruptionRules.Frost(x, severity, Ice.Over(x.Width, x.Height, ice, random)),
            Corruption.Fog => CorruptionRules.Fog(x, severity, Signed),
            Corruption.Brightness => CorruptionRules.Brightness(x, severity),
            Corruption.Saturate => CorruptionRules.Saturate(x, severity),
            Corruption.Contrast => CorruptionRules.Contrast(x, severity),
            Corruption.ElasticTransform => CorruptionRules.Elastic(x, severity, new[,] { { Signed(), Signed() }, { Signed(), Signed() }, { Signed(), Signed() } }, (Shifts(), Shifts())),
            Corruption.Pixelate => CorruptionRules.Pixelate(x, severity),
            _ => throw new EvaluationException($"there is no corruption {corruption}."),
        }).ToImage();
    }
}
