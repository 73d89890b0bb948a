using System.Globalization;
using System.Text;

namespace NClip.Hub;

/// <summary>What a server says, fit to be shown in a message: on one line, without signs that change a terminal, cut.</summary>
internal static class ServerText
{
    private const int Longest = 200;

    /// <summary>Control and formatting characters as \uXXXX, at most 200 characters.</summary>
    public static string Shown(string? text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.AsSpan().EnumerateRunes()) // half a surrogate pair becomes U+FFFD
        {
            if (shown.Length >= Longest) return string.Create(CultureInfo.InvariantCulture, $"{shown}... ({text!.Length} characters)");
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            else shown.Append(rune.ToString());
        }
        return shown.ToString();
    }

    /// <summary>An address without its user, password and query: in those stand secrets and signatures.</summary>
    public static string Shown(Uri address) => Shown(address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped));
}
