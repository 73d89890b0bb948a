namespace NClip.Evaluation;

/// <summary>What lies beyond the edge of a picture.</summary>
internal static class Borders
{
    /// <summary>The edge goes on.</summary>
    public static int Nearest(int i, int n) => Math.Clamp(i, 0, n - 1);

    /// <summary>A mirror on the edge's pixel, which is not repeated.</summary>
    public static int Mirror(int i, int n)
    {
        if (n == 1) return 0;
        var period = 2 * (n - 1);
        var m = ((i % period) + period) % period;
        return m < n ? m : period - m;
    }

    /// <summary>A mirror behind the edge's pixel, which is repeated.</summary>
    public static int Reflect(int i, int n)
    {
        var period = 2 * n;
        var m = ((i % period) + period) % period;
        return m < n ? m : period - 1 - m;
    }
}
