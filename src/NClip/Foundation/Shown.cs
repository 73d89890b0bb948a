using System.Globalization;
using System.Text;

namespace NClip.Foundation;

/// <summary>What files and people name, inside messages: no longer than one reads, and without characters that a terminal obeys or that cannot be seen.</summary>
internal static class Shown
{
    private const int LongestName = 120, LongestMessage = 4000;

    /// <summary>A name or value that came from a file: cut in the middle beyond 120 characters, control and format characters as \uXXXX.</summary>
    public static string Name(string name) => Escape(Cut(name, LongestName), lines: false);

    /// <summary>A whole message: the same beyond 4,000 characters; its lines stay lines.</summary>
    public static string Message(string message) => Escape(Cut(message, LongestMessage), lines: true);

    private static string Cut(string text, int most) => text.Length <= most
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, most * 2 / 3)}… ({text.Length} characters) …{text.AsSpan(text.Length - (most / 4))}");

    private static string Escape(string text, bool lines)
    {
        if (!text.Any(c => c > '~' || c < ' ')) return text;
        var shown = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var pair = char.IsSurrogatePair(text, i);
            if (Hidden(text, i) && !(lines && text[i] is '\n')) shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            else if (pair) shown.Append(text, i++, 2);
            else shown.Append(text[i]);
        }
        return shown.ToString();
    }

    private static bool Hidden(string text, int at) => CharUnicodeInfo.GetUnicodeCategory(text, at) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
