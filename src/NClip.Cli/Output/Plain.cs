using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace NClip.Cli.Output;

/// <summary>Words from outside (file names, labels, messages) as a screen may show them: what would move its cursor, colour it or turn its text around is written out.</summary>
internal static partial class Plain
{
    /// <summary>The text with control and direction characters as <c>\e</c>, <c>\n</c> or <c>\u202e</c>; the same string where there is none.</summary>
    public static string Text(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') || !text.Any(IsControl)) return text;
        var plain = new StringBuilder(text.Length + 8);
        foreach (var c in text)
            if (IsControl(c)) plain.Append(Escape(c));
            else plain.Append(c);
        return plain.ToString();
    }

    /// <summary>A message as one line for people: without line ends, control characters and the runtime's "(Parameter 'x')".</summary>
    public static string Message(string message) => Text(ParameterName().Replace(message, "").ReplaceLineEndings(" ").Trim());

    // Cc (C0, DEL, C1), line and paragraph separator, and the marks that turn the direction of what follows.
    private static bool IsControl(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static string Escape(char c) => c switch
    {
        '\e' => @"\e",
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        _ => string.Create(CultureInfo.InvariantCulture, $@"\u{(int)c:x4}"),
    };

    [GeneratedRegex(@" \(Parameter '[^']*'\)")]
    private static partial Regex ParameterName();
}
