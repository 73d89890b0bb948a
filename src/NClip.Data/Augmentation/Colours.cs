namespace NClip.Data;

/// <summary>Changes of the colours of RGB bytes in place, with Pillow's rounding: what torchvision's <c>adjust_*</c> do to a picture of PIL.</summary>
public static class Colours
{
    /// <summary>Every value times <paramref name="factor"/>.</summary>
    public static void Brightness(Span<byte> rgb, double factor)
    {
        Span<byte> table = stackalloc byte[256];
        for (var v = 0; v < 256; v++) table[v] = Blend(0, (byte)v, (float)factor);
        foreach (ref var v in rgb) v = table[v];
    }

    /// <summary>The distance of every value from the picture's mean grey times <paramref name="factor"/>.</summary>
    public static void Contrast(Span<byte> rgb, double factor)
    {
        long sum = 0;
        for (var i = 0; i < rgb.Length; i += 3) sum += Luma(rgb[i], rgb[i + 1], rgb[i + 2]);
        var mean = (byte)((sum / (rgb.Length / 3.0)) + 0.5);
        Span<byte> table = stackalloc byte[256];
        for (var v = 0; v < 256; v++) table[v] = Blend(mean, (byte)v, (float)factor);
        foreach (ref var v in rgb) v = table[v];
    }

    /// <summary>The distance of every pixel from its own grey times <paramref name="factor"/>.</summary>
    public static void Saturation(Span<byte> rgb, double factor)
    {
        var f = (float)factor;
        for (var i = 0; i < rgb.Length; i += 3)
        {
            var grey = Luma(rgb[i], rgb[i + 1], rgb[i + 2]);
            (rgb[i], rgb[i + 1], rgb[i + 2]) = (Blend(grey, rgb[i], f), Blend(grey, rgb[i + 1], f), Blend(grey, rgb[i + 2], f));
        }
    }

    /// <summary>Turns the hue by <paramref name="turns"/> of the circle, -0.5..0.5, in HSV of 8 bits.</summary>
    public static void Hue(Span<byte> rgb, double turns)
    {
        var shift = (byte)(int)(turns * 255);
        for (var i = 0; i < rgb.Length; i += 3)
        {
            var (h, s, v) = ToHsv(rgb[i], rgb[i + 1], rgb[i + 2]);
            (rgb[i], rgb[i + 1], rgb[i + 2]) = FromHsv((byte)(h + shift), s, v);
        }
    }

    /// <summary>Every pixel's grey (ITU-R 601) in all three channels.</summary>
    public static void Grey(Span<byte> rgb)
    {
        for (var i = 0; i < rgb.Length; i += 3) rgb[i] = rgb[i + 1] = rgb[i + 2] = Luma(rgb[i], rgb[i + 1], rgb[i + 2]);
    }

    /// <summary>Left and right of [height, width, 3] change places.</summary>
    public static void Mirror(Span<byte> rgb, int width)
    {
        for (var row = 0; row < rgb.Length; row += 3 * width)
            for (int a = row, b = row + (3 * (width - 1)); a < b; a += 3, b -= 3)
                (rgb[a], rgb[a + 1], rgb[a + 2], rgb[b], rgb[b + 1], rgb[b + 2]) = (rgb[b], rgb[b + 1], rgb[b + 2], rgb[a], rgb[a + 1], rgb[a + 2]);
    }

    private static byte Luma(byte r, byte g, byte b) => (byte)(((r * 19595) + (g * 38470) + (b * 7471) + 0x8000) >> 16);

    /// <summary>From the degenerate value towards the true one, or beyond it: float32, cut off, clamped.</summary>
    private static byte Blend(byte degenerate, byte value, float factor) => (byte)Math.Clamp(degenerate + (factor * (value - degenerate)), 0f, 255f);

    private static (byte H, byte S, byte V) ToHsv(byte r, byte g, byte b)
    {
        var (max, min) = (Math.Max(r, Math.Max(g, b)), Math.Min(r, Math.Min(g, b)));
        if (max == min) return (0, 0, max);
        var range = (float)(max - min);
        var (rc, gc, bc) = ((max - r) / range, (max - g) / range, (max - b) / range);
        var sector = r == max ? bc - gc : g == max ? (float)(2.0 + rc - bc) : (float)(4.0 + gc - rc);
        var hue = (float)(((sector / 6.0) + 1.0) % 1.0);
        return ((byte)(int)(hue * 255.0), (byte)(int)(range / max * 255.0), max);
    }

    private static (byte R, byte G, byte B) FromHsv(byte h, byte s, byte v)
    {
        if (s == 0) return (v, v, v);
        var sector = (int)Math.Floor(h * 6.0 / 255.0);
        var f = (float)((h * 6.0 / 255.0) - sector);
        var fs = (float)(s / 255.0);
        var (p, q, t) = (Round(v * (1.0 - fs)), Round(v * (1.0 - (fs * f))), Round(v * (1.0 - (fs * (1.0 - f)))));
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

    private static byte Round(double x) => (byte)Math.Clamp(Math.Round(x, MidpointRounding.AwayFromZero), 0, 255);
}
