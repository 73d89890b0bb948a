namespace NClip.Foundation;

/// <summary>Chinese characters.</summary>
internal static class Ideographs
{
    /// <summary>True where the text has a CJK ideograph (the Unified Ideographs block, its extensions A to H, or the compatibility block).</summary>
    public static bool In(string text)
    {
        foreach (var r in text.EnumerateRunes())
            if (r.Value is (>= 0x3400 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x323AF)) return true;
        return false;
    }
}
