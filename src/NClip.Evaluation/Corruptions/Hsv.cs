namespace NClip.Evaluation;

/// <summary>Changes of saturation and value at the same hue (Smith 1978).</summary>
internal static class Hsv
{
    public static Canvas Map(Canvas picture, Func<double, double, (double S, double V)> change)
    {
        var r = new Canvas(picture.Width, picture.Height, 3);
        for (var i = 0; i < r.Values.Length; i += 3)
        {
            var (h, s, v) = Of(picture.Values[i], picture.Values[i + 1], picture.Values[i + 2]);
            (s, v) = change(s, v);
            (r.Values[i], r.Values[i + 1], r.Values[i + 2]) = ToRgb(h, Math.Clamp(s, 0, 1), Math.Clamp(v, 0, 1));
        }
        return r;
    }

    private static (double H, double S, double V) Of(double r, double g, double b)
    {
        var (max, min) = (Math.Max(r, Math.Max(g, b)), Math.Min(r, Math.Min(g, b)));
        if (max == min) return (0, 0, max);
        var span = max - min;
        var h = r == max ? (g - b) / span : g == max ? 2 + ((b - r) / span) : 4 + ((r - g) / span);
        h /= 6;
        return (h - Math.Floor(h), span / max, max);
    }

    private static (double R, double G, double B) ToRgb(double h, double s, double v)
    {
        if (s == 0) return (v, v, v);
        var sector = (int)(h * 6);
        var f = (h * 6) - sector;
        var (p, q, t) = (v * (1 - s), v * (1 - (s * f)), v * (1 - (s * (1 - f))));
        return (sector % 6) switch
        {
            0 => (v, t, p),
            1 => (q, v, p),
            2 => (p, v, t),
            3 => (p, q, v),
            4 => (t, p, v),
            _ => (v, p, q),
        };
    }
}
