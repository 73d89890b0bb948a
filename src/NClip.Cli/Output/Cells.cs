using Spectre.Console;
using Spectre.Console.Rendering;
using Cell = Spectre.Console.Text;

namespace NClip.Cli.Output;

/// <summary>Cells of tables.</summary>
internal static class Cells
{
    /// <summary>A cell with words as a screen may show them.</summary>
    public static Cell Of(string text, Style? style = null) => new(Plain.Text(text), style);

    /// <summary>A cell in a colour.</summary>
    public static Cell Of(string text, Color color) => Of(text, new Style(color));

    /// <summary>The fewest and the most columns that something takes on a screen.</summary>
    public static Measurement Measure(IRenderable what, IAnsiConsole screen) => what.Measure(RenderOptions.Create(screen), 10_000);
}
