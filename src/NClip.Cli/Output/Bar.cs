using System.Globalization;

namespace NClip.Cli.Output;

/// <summary>A share of one as a bar of block characters, and as a percentage.</summary>
internal static class Bar
{
    /// <summary>Characters of a bar where there is room.</summary>
    public const int Full = 24;

    /// <summary>A bar for <paramref name="share"/> in 0..1, exact to an eighth of a character, always <paramref name="width"/> characters wide.</summary>
    public static string Of(float share, int width = Full)
    {
        var eighths = (int)MathF.Round(Math.Clamp(share, 0, 1) * width * 8);
        var rest = eighths % 8;
        return (new string('█', eighths / 8) + (rest == 0 ? "" : ((char)(0x2590 - rest)).ToString())).PadRight(width);
    }

    /// <summary>As in <c>97.1 %</c>.</summary>
    public static string Percent(float share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");
}
