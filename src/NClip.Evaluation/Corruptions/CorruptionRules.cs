using NClip.Images;
using SkiaSharp;

namespace NClip.Evaluation;

/// <summary>
/// The corruptions as rules: a picture, a severity's parameters and the random numbers in, a picture out (Hendrycks and Dietterich 2019, and the programs that
/// made ImageNet-C). Parameters stand in the rows of severities 1..5.
/// </summary>
internal static class CorruptionRules
{
    private static readonly double[] _gaussian = [.08, .12, .18, .26, .38], _shot = [60, 25, 12, 5, 3], _impulse = [.03, .06, .09, .17, .27], _speckle = [.15, .2, .35, .45, .6];
    private static readonly double[] _blur = [1, 2, 3, 4, 6], _brightness = [.1, .2, .3, .4, .5], _contrast = [.4, .3, .2, .1, .05], _pixelate = [.6, .5, .4, .3, .25];
    private static readonly (int Radius, double Softness)[] _defocus = [(3, .1), (4, .5), (6, .5), (8, .5), (10, .5)];
    private static readonly (double Sigma, int Distance, int Times)[] _glass = [(.7, 1, 2), (.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)];
    private static readonly (double Radius, double Sigma)[] _motion = [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)];
    private static readonly (double End, double Step)[] _zoom = [(1.11, .01), (1.16, .01), (1.21, .02), (1.26, .02), (1.31, .03)];
    private static readonly (double Mean, double Deviation, double Zoom, double Least, double Radius, double Sigma, double Picture)[] _snow =
        [(.1, .3, 3, .5, 10, 4, .8), (.2, .3, 2, .5, 12, 4, .7), (.55, .3, 4, .9, 12, 8, .7), (.55, .3, 4.5, .85, 12, 8, .65), (.55, .3, 2.5, .85, 12, 12, .55)];
    private static readonly (double Picture, double Frost)[] _frost = [(1, .4), (.8, .6), (.7, .7), (.65, .7), (.6, .75)];
    private static readonly (double Amount, double Decay)[] _fog = [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)];
    private static readonly (double Factor, double Addend)[] _saturate = [(.3, 0), (.1, 0), (2, 0), (5, .1), (20, .2)];
    private static readonly (double Shift, double Sigma, double Corner)[] _elastic = [(2, .7, .1), (2, .08, .2), (.05, .01, .02), (.07, .01, .02), (.12, .01, .02)];
    private static readonly int[] _jpeg = [25, 18, 15, 10, 7];

    public static double ShotRate(int severity) => _shot[severity - 1];

    public static (int Distance, int Times) Glass(int severity) => (_glass[severity - 1].Distance, _glass[severity - 1].Times);

    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="normal">A standard normal number for each value.</param>
    public static Canvas GaussianNoise(Canvas x, int severity, Func<int, double> normal) => x.Map((v, i) => v + (_gaussian[severity - 1] * normal(i)));

    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="counts">Poisson numbers of mean value * rate.</param>
    public static Canvas ShotNoise(Canvas x, int severity, Func<int, double> counts) => x.Map((_, i) => counts(i) / ShotRate(severity));

    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="flip">Uniform numbers: which values change.</param>
    /// <param name="salt">Uniform numbers: to white or to black.</param>
    public static Canvas ImpulseNoise(Canvas x, int severity, Func<int, double> flip, Func<int, double> salt) => x.Map((v, i) => flip(i) > (float)_impulse[severity - 1] ? v : salt(i) <= 0.5 ? 1 : 0);

    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="normal">A standard normal number for each value.</param>
    public static Canvas SpeckleNoise(Canvas x, int severity, Func<int, double> normal) => x.Map((v, i) => v + (v * _speckle[severity - 1] * normal(i)));

    public static Canvas GaussianBlur(Canvas x, int severity) => Filters.Gaussian(x, _blur[severity - 1], 4, Borders.Nearest);

    public static Canvas DefocusBlur(Canvas x, int severity) => Filters.Correlated(x, Filters.Disk(_defocus[severity - 1].Radius, _defocus[severity - 1].Softness));

    /// <summary>Pixels are overwritten by neighbours: the published program means to swap them, and does not.</summary>
    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="shift">The next shift in pixels, -distance..distance-1: dx, then dy.</param>
    public static Canvas GlassBlur(Canvas x, int severity, Func<int> shift)
    {
        var (sigma, d, times) = _glass[severity - 1];
        var v = Canvas.Of(x.Width, x.Height, 3, Filters.Gaussian(x, sigma, 4, Borders.Nearest).ToBytes());
        for (var i = 0; i < times; i++)
            for (var h = x.Height - d; h > d; h--)
                for (var w = x.Width - d; w > d; w--)
                {
                    var (dx, dy) = (shift(), shift());
                    for (var c = 0; c < 3; c++) v[w, h, c] = v[w + dx, h + dy, c];
                }
        return Filters.Gaussian(v, sigma, 4, Borders.Nearest);
    }

    public static Canvas MotionBlur(Canvas x, int severity, double angle) => Filters.Motion(x, _motion[severity - 1].Radius, _motion[severity - 1].Sigma, angle);

    public static Canvas ZoomBlur(Canvas x, int severity)
    {
        var factors = ZoomFactors(severity);
        var sum = x;
        foreach (var f in factors)
        {
            var zoomed = Filters.Zoomed(x, f);
            sum = sum.Map((v, i) => v + zoomed.Values[i]);
        }
        return sum.Map((v, _) => v / (factors.Length + 1));
    }

    /// <summary>From 1 to below the end, as numpy's arange counts: its rounding may take the end in.</summary>
    public static double[] ZoomFactors(int severity)
    {
        var (end, step) = _zoom[severity - 1];
        var delta = 1 + step - 1;
        return [.. Enumerable.Range(0, (int)Math.Ceiling((end - 1) / step)).Select(i => 1 + (i * delta))];
    }

    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="normal">A standard normal number for each pixel.</param>
    /// <param name="angle">Where the flakes fall to, in degrees.</param>
    public static Canvas Snow(Canvas x, int severity, Func<int, double> normal, double angle)
    {
        var p = _snow[severity - 1];
        var layer = Filters.Zoomed(new Canvas(x.Width, x.Height, 1).Map((_, i) => (normal(i) * p.Deviation) + p.Mean), p.Zoom).Map((v, _) => v < p.Least ? 0 : v);
        layer = Filters.Motion(Canvas.Of(x.Width, x.Height, 1, layer.ToBytes()), p.Radius, p.Sigma, angle);
        var pixels = x.Width * x.Height;
        return x.Map((v, i) =>
        {
            var pixel = i / 3;
            var grey = (.299 * x.Values[3 * pixel]) + (.587 * x.Values[(3 * pixel) + 1]) + (.114 * x.Values[(3 * pixel) + 2]);
            return (p.Picture * v) + ((1 - p.Picture) * Math.Max(v, (grey * 1.5) + .5)) + layer.Values[pixel] + layer.Values[pixels - 1 - pixel];
        });
    }

    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="frost">Ice of the picture's size.</param>
    public static Canvas Frost(Canvas x, int severity, Canvas frost) => x.Map((v, i) => (_frost[severity - 1].Picture * v) + (_frost[severity - 1].Frost * frost.Values[i]));

    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="uniform">The next uniform number, -1..1.</param>
    public static Canvas Fog(Canvas x, int severity, Func<double> uniform)
    {
        var (amount, decay) = _fog[severity - 1];
        var side = 2;
        while (side < Math.Max(x.Width, x.Height)) side *= 2;
        var (plasma, max) = (Plasma.Draw(side, decay, uniform), x.Values.Max());
        return x.Map((v, i) => (v + (amount * plasma[i / 3 / x.Width, i / 3 % x.Width])) * max / (max + amount));
    }

    public static Canvas Brightness(Canvas x, int severity) => Hsv.Map(x, (s, v) => (s, v + _brightness[severity - 1]));

    public static Canvas Saturate(Canvas x, int severity) => Hsv.Map(x, (s, v) => ((s * _saturate[severity - 1].Factor) + _saturate[severity - 1].Addend, v));

    public static Canvas Contrast(Canvas x, int severity)
    {
        var means = Enumerable.Range(0, 3).Select(c => Enumerable.Range(0, x.Width * x.Height).Average(i => x.Values[(3 * i) + c])).ToArray();
        return x.Map((v, i) => ((v - means[i % 3]) * _contrast[severity - 1]) + means[i % 3]);
    }

    /// <param name="x">The picture.</param>
    /// <param name="severity">1..5.</param>
    /// <param name="corners">Uniform numbers -1..1, x and y of three points.</param>
    /// <param name="shifts">Uniform numbers -1..1 for each pixel, across and down.</param>
    public static Canvas Elastic(Canvas x, int severity, double[,] corners, (Canvas X, Canvas Y) shifts)
    {
        var (a, b, c) = _elastic[severity - 1];
        var side = Math.Min(x.Width, x.Height);
        var m = Affine.Between(x.Width / 2, x.Height / 2, side / 3, c * side, corners);
        var turned = new Canvas(x.Width, x.Height, 3);
        for (var v = 0; v < x.Height; v++)
            for (var u = 0; u < x.Width; u++)
            {
                var (fromX, fromY) = m(u, v);
                for (var k = 0; k < 3; k++) turned[u, v, k] = Filters.At(x, fromX, fromY, k, Borders.Mirror);
            }
        var (dx, dy) = (Filters.Gaussian(shifts.X, b * side, 3, Borders.Reflect), Filters.Gaussian(shifts.Y, b * side, 3, Borders.Reflect));
        return x.Map((_, i) =>
        {
            var pixel = i / 3;
            return Filters.At(turned, (pixel % x.Width) + (a * side * dx.Values[pixel]), (pixel / x.Width) + (a * side * dy.Values[pixel]), i % 3, Borders.Reflect);
        });
    }

    public static Canvas Pixelate(Canvas x, int severity)
    {
        var c = _pixelate[severity - 1];
        return Filters.Box(Filters.Box(x, Math.Max(1, (int)(x.Width * c)), Math.Max(1, (int)(x.Height * c))), x.Width, x.Height);
    }

    /// <summary>Through libjpeg, colours at half the size.</summary>
    public static RgbImage Jpeg(RgbImage picture, int severity)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var from = picture.Pixels.Span;
        var to = new byte[4 * picture.Width * picture.Height];
        for (var i = 0; i < to.Length / 4; i++) (to[4 * i], to[(4 * i) + 1], to[(4 * i) + 2], to[(4 * i) + 3]) = (from[3 * i], from[(3 * i) + 1], from[(3 * i) + 2], 255);
        to.CopyTo(bitmap.GetPixelSpan());
        using var pixels = bitmap.PeekPixels();
        using var encoded = pixels.Encode(new SKJpegEncoderOptions(_jpeg[severity - 1], SKJpegEncoderDownsample.Downsample420, SKJpegEncoderAlphaOption.Ignore))
            ?? throw new EvaluationException("the JPEG encoder gave nothing; there may be too little memory.");
        return RgbImage.Decode(encoded.ToArray());
    }
}
