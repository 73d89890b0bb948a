using System.Text;

namespace NClip.Text.Cleaning;

/// <summary>ftfy 6.3's fix_text with its default options: mended encodings, entities, ligatures, widths, quotes, line ends, control characters, NFC.</summary>
internal static class Ftfy
{
    /// <summary>Fixes a text, line by line. From the first line with a '&lt;' on, entities are left alone: it looks like HTML.</summary>
    public static string FixText(string text)
    {
        var result = new StringBuilder(text.Length);
        var entities = true;
        for (var from = 0; from < text.Length;)
        {
            var end = text.IndexOf('\n', from) + 1;
            if (end == 0) end = text.Length;
            var line = text[from..end];
            entities &= !line.Contains('<', StringComparison.Ordinal);
            result.Append(FixSegment(line, entities));
            from = end;
        }
        return result.ToString();
    }

    private static string FixSegment(string text, bool entities)
    {
        var effort = new RepairEffort(text.Length);
        while (true)
        {
            var before = text;
            if (!effort.Spend(text.Length)) return text;
            if (entities) text = HtmlEntities.UnescapeStrict(text);
            text = Mojibake.Fix(text, effort);
            text = UnicodeNormalization.Compose(RemoveControls(RemoveTerminalEscapes(Surrogates.Mend(FixLineBreaks(FixCharacters(text))))));
            if (text == before) return text;
        }
    }

    // C1 controls, ligatures, widths, quotes: each maps characters by themselves, and each works on what the one before made.
    private static string FixCharacters(string text)
    {
        if (Ascii.IsValid(text)) return text;
        text = Mojibake.FixControls(text);
        text = Map(text, TextTables.Instance.Ligatures);
        text = Map(text, TextTables.Instance.Widths);
        var r = new StringBuilder(text.Length);
        foreach (var c in text)
            r.Append(c is >= '\u201C' and <= '\u201F' ? '"' : c is '\u02BC' or (>= '\u2018' and <= '\u201B') ? '\'' : c);
        return r.ToString();
    }

    private static string Map(string text, System.Collections.Frozen.FrozenDictionary<char, string> map)
    {
        StringBuilder? r = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (map.TryGetValue(text[i], out var other)) (r ??= new StringBuilder(text, 0, i, text.Length + 8)).Append(other);
            else r?.Append(text[i]);
        }
        return r?.ToString() ?? text;
    }

    private static string FixLineBreaks(string text) => text.AsSpan().ContainsAny("\r\u2028\u2029\u0085")
        ? text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace('\u2028', '\n').Replace('\u2029', '\n').Replace('\u0085', '\n')
        : text;

    // ESC [ digits and semicolons, then a letter.
    private static string RemoveTerminalEscapes(string text)
    {
        if (!text.Contains('\u001B', StringComparison.Ordinal)) return text;
        var r = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == '\u001B' && i + 1 < text.Length && text[i + 1] == '[')
            {
                var at = i + 2;
                while (at < text.Length && (char.IsDigit(text[at]) || text[at] == ';')) at++; // Python's \d: decimal digits of every script
                if (at < text.Length && char.IsAsciiLetter(text[at])) { i = at + 1; continue; }
            }
            r.Append(text[i++]);
        }
        return r.ToString();
    }

    private static string RemoveControls(string text)
    {
        if (!Any(text)) return text;
        var r = new StringBuilder(text.Length);
        foreach (var c in text)
            if (!IsRemoved(c)) r.Append(c);
        return r.ToString();

        static bool Any(string text)
        {
            foreach (var c in text)
                if (IsRemoved(c)) return true;
            return false;
        }
    }

    private static bool IsRemoved(char c) => c is < '\u0009' or '\u000B' or (>= '\u000E' and < '\u0020') or '\u007F' or (>= '\u206A' and <= '\u206F') or '\uFEFF' or (>= '\uFFF9' and <= '\uFFFC');
}
