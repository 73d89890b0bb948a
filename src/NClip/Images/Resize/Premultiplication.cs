namespace NClip.Images.Resize;

/// <summary>Colours times alpha and back, with Pillow's integer rounding.</summary>
internal static class Premultiplication
{
    public static void Apply(Span<byte> rgba)
    {
        for (var i = 0; i + 3 < rgba.Length; i += 4)
        {
            var a = rgba[i + 3];
            if (a == 255) continue;
            for (var c = i; c < i + 3; c++) rgba[c] = (byte)MulDiv255(rgba[c], a);
        }
    }

    public static void Undo(Span<byte> rgba)
    {
        for (var i = 0; i + 3 < rgba.Length; i += 4)
        {
            var a = rgba[i + 3];
            if (a is 0 or 255) continue;
            for (var c = i; c < i + 3; c++) rgba[c] = (byte)Math.Min(255, 255 * rgba[c] / a);
        }
    }

    /// <summary>a * b / 255, rounded, without a division.</summary>
    public static int MulDiv255(int a, int b)
    {
        var t = (a * b) + 128;
        return ((t >> 8) + t) >> 8;
    }
}
