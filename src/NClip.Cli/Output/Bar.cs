using System.Globalization;

namespace NClip.Cli.Output;

/// <summary>A share of one as a bar of block characters, and as a percentage.</summary>
internal static class Bar
{
    private const int Width = 24;

    /// <summary>A bar for <paramref name="share"/> in 0..1, exact to an eighth of a character, always 24 characters wide.</summary>
    public static string Of(float share)
    {
        var eighths = (int)MathF.Round(Math.Clamp(share, 0, 1) * Width * 8);
        var rest = eighths % 8;
        return (new string('█', eighths / 8) + (rest == 0 ? "" : ((char)(0x2590 - rest)).ToString())).PadRight(Width);
    }

    /// <summary>As in <c>97.1 %</c>.</summary>
    public static string Percent(float share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");
}
