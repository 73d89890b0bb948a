namespace NClip.Text.Cleaning;

/// <summary>What counts as white space differs between the languages that the reference tokenizers are written in.</summary>
internal static class WhiteSpace
{
    /// <summary>Unicode property White_Space: <c>\s</c> of regular expressions, and Rust's <c>char::is_whitespace</c>.</summary>
    public static bool IsUnicode(int c) => c is (>= 0x09 and <= 0x0D) or 0x20 or 0x85 or 0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A)
        or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000;

    /// <summary>Python's <c>str.isspace</c>, <c>split</c> and <c>strip</c>: the information separators U+001C to U+001F too.</summary>
    public static bool IsPython(int c) => c is >= 0x1C and <= 0x1F || IsUnicode(c);
}
