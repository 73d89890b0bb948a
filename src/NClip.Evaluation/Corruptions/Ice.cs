using NClip.Data;
using NClip.Images;

namespace NClip.Evaluation;

/// <summary>What frost lays over a picture: a part of a photo of ice, or a drawing of crystals where there is none.</summary>
internal static class Ice
{
    public static Canvas Over(int width, int height, IReadOnlyList<RgbImage>? photos, SampleRandom random)
    {
        if (photos is not { Count: > 0 }) return Drawn(width, height, random);
        var photo = photos[random.Below(photos.Count)];
        if (photo.Width < width || photo.Height < height) throw new EvaluationException(FormattableString.Invariant($"a picture of frost has {photo.Width} x {photo.Height} pixels; at least {width} x {height} are needed."));
        var (left, top) = (random.Below(photo.Width - width + 1), random.Below(photo.Height - height + 1));
        var r = new Canvas(width, height, 3);
        for (var y = 0; y < height; y++) photo.Pixels.Span.Slice(3 * (((top + y) * photo.Width) + left), 3 * width).ToArray().Select(b => b / 255.0).ToArray().CopyTo(r.Values, 3 * y * width);
        return r;
    }

    // Ridges of clouds, bluish white.
    private static Canvas Drawn(int width, int height, SampleRandom random)
    {
        var side = 2;
        while (side < Math.Max(width, height)) side *= 2;
        var clouds = Plasma.Draw(side, 1.7, () => random.Between(-1, 1));
        ReadOnlySpan<double> tint = [0.82, 0.92, 1];
        var r = new Canvas(width, height, 3);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var ridge = 1 - Math.Abs((2 * clouds[y, x]) - 1);
                for (var c = 0; c < 3; c++) r[x, y, c] = tint[c] * (0.25 + (0.75 * ridge * ridge));
            }
        return r;
    }
}
