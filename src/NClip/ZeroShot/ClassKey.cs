using System.Globalization;
using System.Text;

namespace NClip.ZeroShot;

/// <summary>What a class's weight depends on beside the model: its names, in their order, and the templates.</summary>
/// <param name="First">The first name.</param>
/// <param name="All">All names, where there are several, so that no two lists read the same.</param>
/// <param name="Templates">The sentences.</param>
internal readonly record struct ClassKey(string First, string? All, PromptTemplates Templates)
{
    public static ClassKey Of(LabelClass c, PromptTemplates templates) => new(c.Names[0], c.Names.Count == 1 ? null : Joined(c.Names), templates);

    private static string Joined(IReadOnlyList<string> names)
    {
        var s = new StringBuilder();
        foreach (var n in names) s.Append(CultureInfo.InvariantCulture, $"{n.Length}:{n}");
        return s.ToString();
    }
}
