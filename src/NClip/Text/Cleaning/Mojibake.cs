using System.Text;
using System.Text.RegularExpressions;

namespace NClip.Text.Cleaning;

/// <summary>Text whose UTF-8 bytes were read in a single-byte encoding, turned back (ftfy's fix_encoding).</summary>
internal static partial class Mojibake
{
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Repeats one step of repair until the text stays as it is.</summary>
    public static string Fix(string text, RepairEffort effort)
    {
        while (effort.Spend(text.Length))
        {
            var fixedText = Step(text, effort);
            if (fixedText == text) break;
            text = fixedText;
        }
        return text;
    }

    /// <summary>C1 controls to the Windows-1252 characters of the same bytes, as browsers read them; unassigned ones stay.</summary>
    public static string FixControls(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\u0080', '\u009F')) return text;
        var windows = TextTables.Instance.Bytes[1];
        return string.Create(text.Length, (text, windows), static (r, s) =>
        {
            for (var i = 0; i < r.Length; i++) r[i] = s.text[i] is >= '\u0080' and <= '\u009F' and var c ? s.windows.Of((byte)c) : s.text[i];
        });
    }

    private static string Step(string text, RepairEffort effort)
    {
        if (text.Length == 0 || Ascii.IsValid(text) || !MojibakeSigns.Instance.IsBad(text)) return text;
        foreach (var encoding in TextTables.Instance.Bytes)
        {
            if (encoding.TryEncode(text) is not { } bytes) continue;
            if (encoding.Name != "macroman") bytes = RestoreNoBreakSpaces(bytes);
            if (encoding.IsSloppy) bytes = Substitute(_lossy(), bytes, static _ => "\u00EF\u00BF\u00BD"); // U+FFFD in UTF-8
            if (TryDecode(bytes) is { } decoded) return decoded;
        }
        var runs = FixRuns(text, effort);
        if (runs != text) return runs;
        return FixControls(text);
    }

    // UTF-8-looking runs inside other text, each by itself; a run that is the whole text would never end.
    private static string FixRuns(string text, RepairEffort effort)
    {
        var r = new StringBuilder(text.Length);
        var at = 0;
        while (MojibakeSigns.Instance.FindRun(text, at, out var start, out var length))
        {
            var run = text.Substring(start, length);
            r.Append(text, at, start - at).Append(length < text.Length && MojibakeSigns.Instance.IsBad(run) ? Fix(run, effort) : run);
            at = start + length;
        }
        return r.Append(text, at, text.Length - at).ToString();
    }

    // Byte A0 that somebody made a blank: put back where it mends a UTF-8 sequence. C3 20 is "a grave, blank" unless one of
    // a few Portuguese words follows.
    private static byte[] RestoreNoBreakSpaces(byte[] bytes)
    {
        if (!_altered().IsMatch(Encoding.Latin1.GetString(bytes))) return bytes;
        bytes = Substitute(_aGrave(), bytes, static _ => "\u00C3\u00A0 ");
        return Substitute(_altered(), bytes, static m => m.Value.Replace(' ', '\u00A0'));
    }

    // Bytes are matched as the Latin-1 characters of the same numbers.
    private static byte[] Substitute(Regex pattern, byte[] bytes, MatchEvaluator by)
        => Encoding.Latin1.GetBytes(pattern.Replace(Encoding.Latin1.GetString(bytes), by));

    private static string? TryDecode(byte[] bytes)
    {
        try
        {
            return bytes.AsSpan().ContainsAny((byte)0xED, (byte)0xC0) ? DecodeVariants(bytes) : _strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null; // not UTF-8: the next encoding is tried
        }
    }

    // UTF-8 that also writes NUL as C0 80 (Java) and characters beyond the BMP as two surrogates (CESU-8).
    private static string DecodeVariants(byte[] bytes)
    {
        var r = new StringBuilder(bytes.Length);
        var plain = 0;
        for (var i = 0; i < bytes.Length;)
        {
            var length = i + 1 < bytes.Length && bytes[i] == 0xC0 && bytes[i + 1] == 0x80 ? 2 : IsSurrogatePair(bytes.AsSpan(i)) ? 6 : 0;
            if (length == 0) { i++; continue; }
            r.Append(_strict.GetString(bytes, plain, i - plain));
            if (length == 2) r.Append('\0');
            else r.Append(char.ConvertFromUtf32((((bytes[i + 1] & 0x0F) << 16) | ((bytes[i + 2] & 0x3F) << 10) | ((bytes[i + 4] & 0x0F) << 6) | (bytes[i + 5] & 0x3F)) + 0x10000));
            plain = i += length;
        }
        return r.Append(_strict.GetString(bytes, plain, bytes.Length - plain)).ToString();
    }

    private static bool IsSurrogatePair(ReadOnlySpan<byte> b) => b.Length >= 6 && b[0] == 0xED && b[1] is >= 0xA0 and <= 0xAF && b[2] is >= 0x80 and <= 0xBF
        && b[3] == 0xED && b[4] is >= 0xB0 and <= 0xBF && b[5] is >= 0x80 and <= 0xBF;

    [GeneratedRegex("\u00C3 (?! |quele|quela|quilo|s )")]
    private static partial Regex _aGrave();

    // Sequences of two to four bytes of UTF-8 with a blank where A0 belongs, but for lead bytes that are likelier words.
    [GeneratedRegex("[\u00C2\u00C3\u00C5\u00CE\u00D0\u00D9] |[\u00E2\u00E3] [\u0080-\u0084\u0086-\u009F\u00A1-\u00BF]|[\u00E0-\u00E3][\u0080-\u0084\u0086-\u009F\u00A1-\u00BF] |\u00F0 [\u0080-\u00BF]{2}|\u00F0[\u0080-\u00BF] [\u0080-\u00BF]|\u00F0[\u0080-\u00BF]{2} ")]
    private static partial Regex _altered();

    // Sequences with a lost byte: 1A everywhere, '?' at most once.
    [GeneratedRegex("[\u00C2-\u00DF]\u001A|[\u00C2\u00C3]\\?|\u00ED[\u00A0-\u00AF][\u001A?]\u00ED[\u00B0-\u00BF][\u001A?\u0080-\u00BF]|\u00ED[\u00A0-\u00AF][\u001A?\u0080-\u00BF]\u00ED[\u00B0-\u00BF][\u001A?]|[\u00E0-\u00EF][\u001A?][\u001A\u0080-\u00BF]|[\u00E0-\u00EF][\u001A\u0080-\u00BF][\u001A?]|[\u00F0-\u00F4][\u001A?][\u001A\u0080-\u00BF]{2}|[\u00F0-\u00F4][\u001A\u0080-\u00BF][\u001A?][\u001A\u0080-\u00BF]|[\u00F0-\u00F4][\u001A\u0080-\u00BF]{2}[\u001A?]|\u001A")]
    private static partial Regex _lossy();
}
