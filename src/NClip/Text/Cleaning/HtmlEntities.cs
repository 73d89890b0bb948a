using System.Globalization;
using System.Text;

namespace NClip.Text.Cleaning;

/// <summary>HTML character references, as Python's html.unescape reads them, and as ftfy's stricter unescape_html does.</summary>
internal static class HtmlEntities
{
    private const int LongestName = 32, LongestFtfyName = 24, KeptLinks = 8;

    /// <summary>Python's html.unescape: one pass; the semicolon is optional; a name may be followed by anything.</summary>
    public static string Unescape(string text)
    {
        if (!text.Contains('&', StringComparison.Ordinal)) return text;
        var r = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var length = text[i] == '&' ? Reference(text.AsSpan(i + 1), out var replacement) : Nothing(out replacement);
            if (length == 0) r.Append(text[i++]);
            else
            {
                r.Append(replacement);
                i += 1 + length;
            }
        }
        return r.ToString();
    }

    /// <summary>
    /// ftfy's unescape_html: only references that end with a semicolon, and the all-capitals forms of some. Of a long chain
    /// (<c>&amp;amp;amp;amp;</c>), which ftfy shortens by a link each time it comes by, all links but the last few go at once.
    /// </summary>
    public static string UnescapeStrict(string text)
    {
        if (!text.Contains('&', StringComparison.Ordinal)) return text;
        var r = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            if (text[i] != '&' || StrictReference(text.AsSpan(i + 1), out var length) is not { } character)
            {
                r.Append(text[i++]);
                continue;
            }
            r.Append(character);
            i += 1 + length;
            if (character == "&") i = BehindSurplusLinks(text, i);
        }
        return r.ToString();
    }

    private static int BehindSurplusLinks(string text, int at)
    {
        var ahead = at;
        for (var links = 0; links < KeptLinks; links++)
        {
            if (Link(ahead) is not (> 0 and var length)) return at;
            ahead += length;
        }
        while (Link(ahead) is > 0 and var length) (ahead, at) = (ahead + length, at + Link(at));
        return at;

        int Link(int from) => StrictReference(text.AsSpan(from), out var length) == "&" ? length : 0;
    }

    // s begins behind the &: #?[0-9A-Za-z]{1,24}; and what it stands for, or null.
    private static string? StrictReference(ReadOnlySpan<char> s, out int length)
    {
        length = 0;
        var from = s.StartsWith('#') ? 1 : 0;
        var at = from;
        while (at < s.Length && at - from <= LongestFtfyName && char.IsAsciiLetterOrDigit(s[at])) at++;
        if (at - from is < 1 or > LongestFtfyName || at == s.Length || s[at] != ';') return null;
        length = at + 1;
        Span<char> whole = stackalloc char[LongestFtfyName + 3];
        whole[0] = '&';
        s[..length].CopyTo(whole[1..]);
        if (TextTables.Instance.Entities.TryGetValue(whole[..(length + 1)], out var known)) return known;
        return from == 1 && Unescape(whole[..(length + 1)].ToString()) is var u && !u.Contains(';', StringComparison.Ordinal) ? u : null;
    }

    private static int Nothing(out string replacement)
    {
        replacement = "";
        return 0;
    }

    // s begins behind the &; gives the length of the reference there, or 0.
    private static int Reference(ReadOnlySpan<char> s, out string replacement)
    {
        if (s.Length > 1 && s[0] == '#')
        {
            var hex = s[1] is 'x' or 'X';
            var from = hex ? 2 : 1;
            var at = from;
            while (at < s.Length && (hex ? char.IsAsciiHexDigit(s[at]) : char.IsAsciiDigit(s[at]))) at++;
            if (at == from) return Nothing(out replacement);
            replacement = Character(s[from..at], hex);
            return at < s.Length && s[at] == ';' ? at + 1 : at;
        }

        var end = 0;
        while (end < s.Length && end < LongestName && s[end] is not ('\t' or '\n' or '\f' or ' ' or '<' or '&' or '#' or ';')) end++;
        if (end == 0) return Nothing(out replacement);
        if (end < s.Length && s[end] == ';') end++;
        var names = TextTables.Instance.HtmlNames;
        if (names.TryGetValue(s[..end], out var whole))
        {
            replacement = whole;
            return end;
        }
        for (var n = end - 1; n > 1; n--)
        {
            if (!names.TryGetValue(s[..n], out var prefix)) continue;
            replacement = prefix;
            return n;
        }
        return Nothing(out replacement);
    }

    private static string Character(ReadOnlySpan<char> digits, bool hex)
    {
        // Anything too large for an int is beyond Unicode all the same.
        if (!int.TryParse(digits, hex ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture, out var n) || n is < 0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF)) return "\uFFFD";
        if (TextTables.Instance.HtmlNumbers.TryGetValue(n, out var other)) return other;
        return TextTables.Instance.HtmlInvalid.Contains(n) ? "" : char.ConvertFromUtf32(n);
    }
}
